import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { ContextAction } from "../domain/ContextAction.ts"
import { UsageSource } from "../domain/ContextUsage.ts"
import { SessionId } from "../domain/Session.ts"
import { Window } from "../storage/Page.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { SampledBy } from "./UsageLog.ts"

/** One look at a session's context. `used` and `limit` in tokens. */
const UsageRecord = Schema.Struct({
  position: Schema.Int,
  at: Schema.DateTimeUtcFromMillis,
  used: Schema.NullOr(Schema.Int),
  limit: Schema.Int,
  source: Schema.NullOr(UsageSource),
  by: SampledBy,
  action: ContextAction
})
export type UsageRecord = typeof UsageRecord.Type

const encodeIds = Schema.encodeSync(Schema.fromJsonString(Schema.Array(SessionId)))

/** What operators read of usage over time. */
export class UsageRecords extends Context.Service<
  UsageRecords,
  {
    page(session: SessionId, window: Window): Effect.Effect<ReadonlyArray<UsageRecord>, StoreUnavailable>
    /** The newest figure of each session, in tokens; null while it is unknown. */
    newest(sessions: ReadonlyArray<SessionId>): Effect.Effect<ReadonlyMap<SessionId, number | null>, StoreUnavailable>
  }
>()("mosaic-coordinator/context/UsageRecords") {
  static readonly layer = Layer.effect(
    UsageRecords,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient

      const page = SqlSchema.findAll({
        Request: Schema.Struct({ session: SessionId, ...Window.fields }),
        Result: UsageRecord,
        execute: ({ before, count, session }) =>
          sql`select id as position, at, used, "limit", source, "by", action from samples
            where session_id = ${session} and id < ${before} order by id desc limit ${count}`
      })

      const newest = Effect.fn("UsageRecords.newest")(function* (sessions: ReadonlyArray<SessionId>) {
        const rows = yield* sql<{ session: SessionId; used: number | null }>`select value as session,
            (select used from samples where session_id = value order by samples.id desc limit 1) as used
          from json_each(${encodeIds(sessions)})`
        return new Map(rows.map(({ session, used }) => [session, used]))
      }, orStoreUnavailable)

      return {
        page: Effect.fn("UsageRecords.page")(
          (session: SessionId, window: Window) => page({ session, ...window }),
          orStoreUnavailable
        ),
        newest
      }
    })
  )
}
