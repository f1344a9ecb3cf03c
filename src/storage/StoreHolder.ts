import { Clock, Context, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import { orStoreUnavailable } from "./StoreUnavailable.ts"

/**
 * The process that holds the store, by a random token of its own kept in the store. A write to the outside asks for it first, so
 * that a process which was suspended while another took over finds out before it writes anything.
 */
export class StoreHolder extends Context.Service<StoreHolder, { readonly token: string }>()(
  "mosaic-coordinator/storage/StoreHolder"
) {
  static readonly layer = Layer.effect(
    StoreHolder,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const token = yield* (yield* SecureRandom.SecureRandom).uuidV4()
      const since = yield* Clock.currentTimeMillis
      yield* sql`insert into holder (id, token, since) values (1, ${token}, ${since})
        on conflict (id) do update set token = excluded.token, since = excluded.since`
      return { token }
    }).pipe(orStoreUnavailable)
  )
}
