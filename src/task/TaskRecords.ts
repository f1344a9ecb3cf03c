import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { TaskId } from "../domain/Task.ts"
import { OVER, TaskState } from "../domain/TaskState.ts"
import { Window } from "../storage/Page.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"

const Time = Schema.DateTimeUtcFromMillis

const TaskRecord = Schema.Struct({
  position: Schema.Int,
  id: TaskId,
  repository: Schema.String,
  issue: Schema.Int,
  title: Schema.String,
  state: TaskState,
  cause: Schema.String,
  attempts: Schema.Int,
  generation: Schema.Int,
  turns: Schema.Int,
  tokens: Schema.Int,
  createdAt: Time,
  updatedAt: Time
})
export type TaskRecord = typeof TaskRecord.Type

const TransitionRecord = Schema.Struct({
  from: Schema.NullOr(TaskState),
  to: TaskState,
  cause: Schema.String,
  at: Time
})

const encodeIds = Schema.encodeSync(Schema.fromJsonString(Schema.Array(Schema.String)))

/** What operators read of tasks and their transitions. */
export class TaskRecords extends Context.Service<
  TaskRecords,
  {
    page(window: Window): Effect.Effect<ReadonlyArray<TaskRecord>, StoreUnavailable>
    find(id: string): Effect.Effect<TaskRecord | null, StoreUnavailable>
    /** Newest first. */
    transitions(id: string, count: number): Effect.Effect<ReadonlyArray<typeof TransitionRecord.Type>, StoreUnavailable>
    readonly counts: Effect.Effect<ReadonlyMap<TaskState, number>, StoreUnavailable>
    /** Since when the task that has waited longest has been ready, in milliseconds; null when none waits. */
    readonly readySince: Effect.Effect<number | null, StoreUnavailable>
    /** Whether the issue of a task that is not over cannot be read. */
    readonly hasUnreadable: Effect.Effect<boolean, StoreUnavailable>
    /** How many tasks were found on their issues since then (milliseconds), where the store had no history of them. */
    foundSince(at: number): Effect.Effect<number, StoreUnavailable>
    /** Those of the ids whose task has been over since then (milliseconds). */
    overSince(ids: ReadonlyArray<string>, at: number): Effect.Effect<ReadonlyArray<string>, StoreUnavailable>
  }
>()("mosaic-coordinator/task/TaskRecords") {
  static readonly layer = Layer.effect(
    TaskRecords,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { counts, page, transitions, withId } = queriesOf(sql)

      const overSince = Effect.fn("TaskRecords.overSince")(function* (ids: ReadonlyArray<string>, at: number) {
        const rows = yield* sql<{ id: string }>`select id from tasks
          where id in (select value from json_each(${encodeIds(ids)})) and ${sql.in("state", OVER)} and updated_at < ${at}`
        return rows.map(({ id }) => id)
      }, orStoreUnavailable)

      return {
        page: Effect.fn("TaskRecords.page")(page, orStoreUnavailable),
        find: Effect.fn("TaskRecords.find")(
          (id: string) => Effect.map(withId(id), ([row]) => row ?? null),
          orStoreUnavailable
        ),
        transitions: Effect.fn("TaskRecords.transitions")(
          (id: string, count: number) => transitions({ id, count }),
          orStoreUnavailable
        ),
        counts: counts().pipe(
          Effect.map((rows) => new Map(rows.map(({ count, state }) => [state, count]))),
          orStoreUnavailable
        ),
        readySince: sql<{ since: number | null }>`select min(ready_at) as since from tasks where state = 'ready'`.pipe(
          Effect.map(([row]) => row?.since ?? null),
          orStoreUnavailable
        ),
        hasUnreadable:
          sql`select 1 from tasks where unreadable_since is not null and not ${sql.in("state", OVER)} limit 1`.pipe(
            Effect.map((rows) => rows.length > 0),
            orStoreUnavailable
          ),
        foundSince: Effect.fn("TaskRecords.foundSince")(
          (at: number) =>
            Effect.map(
              sql<{ count: number }>`select count(*) as count from tasks where found_at > ${at}`,
              ([row]) => row?.count ?? 0
            ),
          orStoreUnavailable
        ),
        overSince
      }
    })
  )
}

const queriesOf = (sql: SqlClient.SqlClient) => {
  const columns = sql.literal(`rowid as position, id, full_name as repository, number as issue, title, state, cause,
    attempts, generation, turns, tokens, created_at, updated_at`)

  const page = SqlSchema.findAll({
    Request: Window,
    Result: TaskRecord,
    execute: ({ before, count }) =>
      sql`select ${columns} from tasks where rowid < ${before} order by rowid desc limit ${count}`
  })

  const withId = SqlSchema.findAll({
    Request: Schema.String,
    Result: TaskRecord,
    execute: (id) => sql`select ${columns} from tasks where id = ${id}`
  })

  const transitions = SqlSchema.findAll({
    Request: Schema.Struct({ id: Schema.String, count: Schema.Int }),
    Result: TransitionRecord,
    execute: ({ count, id }) => sql`select "from", "to", cause, at from transitions where task_id = ${id}
      order by id desc limit ${count}`
  })

  const counts = SqlSchema.findAll({
    Request: Schema.Void,
    Result: Schema.Struct({ state: TaskState, count: Schema.Int }),
    execute: () => sql`select state, count(*) as count from tasks group by state`
  })

  return { page, withId, transitions, counts }
}
