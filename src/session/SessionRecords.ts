import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { SessionId, SessionState } from "../domain/Session.ts"
import { Window } from "../storage/Page.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"

const Time = Schema.DateTimeUtcFromMillis

/** A session without its prompts. `limit` in tokens. */
const SessionRecord = Schema.Struct({
  position: Schema.Int,
  id: SessionId,
  task: Schema.String,
  model: Schema.String,
  state: SessionState,
  limit: Schema.Int,
  generation: Schema.Int,
  finishedTurns: Schema.Int,
  predecessor: Schema.NullOr(Schema.String),
  createdAt: Time,
  endedAt: Schema.NullOr(Time)
})
export type SessionRecord = typeof SessionRecord.Type

/** What operators read of sessions; never their prompts and journals. */
export class SessionRecords extends Context.Service<
  SessionRecords,
  {
    page(window: Window): Effect.Effect<ReadonlyArray<SessionRecord>, StoreUnavailable>
    find(id: string): Effect.Effect<SessionRecord | null, StoreUnavailable>
    /** Those of a task, newest first. */
    ofTask(task: string, count: number): Effect.Effect<ReadonlyArray<SessionRecord>, StoreUnavailable>
  }
>()("mosaic-coordinator/session/SessionRecords") {
  static readonly layer = Layer.effect(
    SessionRecords,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const columns = sql.literal(`rowid as position, id, task_id as task, model, state, "limit", generation,
        finished_turns, predecessor, created_at, ended_at`)

      const page = SqlSchema.findAll({
        Request: Window,
        Result: SessionRecord,
        execute: ({ before, count }) =>
          sql`select ${columns} from sessions where rowid < ${before} order by rowid desc limit ${count}`
      })

      const withId = SqlSchema.findAll({
        Request: Schema.String,
        Result: SessionRecord,
        execute: (id) => sql`select ${columns} from sessions where id = ${id}`
      })

      const ofTask = SqlSchema.findAll({
        Request: Schema.Struct({ task: Schema.String, count: Schema.Int }),
        Result: SessionRecord,
        execute: ({ count, task }) =>
          sql`select ${columns} from sessions where task_id = ${task} order by rowid desc limit ${count}`
      })

      return {
        page: Effect.fn("SessionRecords.page")(page, orStoreUnavailable),
        find: Effect.fn("SessionRecords.find")(
          (id: string) => Effect.map(withId(id), ([row]) => row ?? null),
          orStoreUnavailable
        ),
        ofTask: Effect.fn("SessionRecords.ofTask")(
          (task: string, count: number) => ofTask({ task, count }),
          orStoreUnavailable
        )
      }
    })
  )
}
