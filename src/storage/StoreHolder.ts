import { Clock, Context, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import { orStoreUnavailable } from "./StoreUnavailable.ts"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

/**
 * The process that holds the store, by a random token of its own kept in the store. A write to the outside asks for it first, so
 * that a process which was suspended while another took over finds out before it writes anything.
 */
export class StoreHolder extends Context.Service<
  StoreHolder,
  {
    /** Whether it is still this process. In a transaction, for as long as that lasts. */
    readonly held: Effect.Effect<boolean, StoreUnavailable>
    /** Commits something, because a full disk is not seen by reading. */
    readonly commit: Effect.Effect<void, StoreUnavailable>
  }
>()("mosaic-coordinator/storage/StoreHolder") {
  static readonly layer = Layer.effect(
    StoreHolder,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const token = yield* (yield* SecureRandom.SecureRandom).uuidV4()
      const since = yield* Clock.currentTimeMillis
      yield* sql`insert into holder (id, token, since) values (1, ${token}, ${since})
        on conflict (id) do update set token = excluded.token, since = excluded.since`
      return {
        held: Effect.map(sql`select 1 from holder where token = ${token}`, (rows) => rows.length > 0).pipe(
          orStoreUnavailable
        ),
        commit: Effect.asVoid(orStoreUnavailable(sql`update holder set token = token where token = ${token}`))
      }
    }).pipe(orStoreUnavailable)
  )
}
