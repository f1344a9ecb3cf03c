import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { TaskId } from "../domain/Task.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"

/** A task that waits to be handed out; `since` in milliseconds. */
const ReadyTask = Schema.Struct({ id: TaskId, round: Schema.Int, since: Schema.Int })
type ReadyTask = typeof ReadyTask.Type

/** The tasks that wait to be handed out. */
export class ReadyTasks extends Context.Service<
  ReadyTasks,
  {
    /** So many of them at most, oldest first. */
    first(count: number): Effect.Effect<ReadonlyArray<ReadyTask>, StoreUnavailable>
    /** Writes in a transaction, unless the task waits no longer. */
    whileReady<E>(id: TaskId, write: Effect.Effect<void, E>): Effect.Effect<void, E | StoreUnavailable>
  }
>()("mosaic-coordinator/task/ReadyTasks") {
  static readonly layer = Layer.effect(
    ReadyTasks,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const first = SqlSchema.findAll({
        Request: Schema.Int,
        Result: ReadyTask,
        execute: (count) => sql`select id, round, ready_at as since from tasks where state = 'ready'
          order by ready_at limit ${count}`
      })
      return {
        first: Effect.fn("ReadyTasks.first")(first, orStoreUnavailable),
        whileReady: <E>(id: TaskId, write: Effect.Effect<void, E>) =>
          sql`select 1 from tasks where id = ${id} and state = 'ready'`.pipe(
            Effect.flatMap((rows): Effect.Effect<void, E> => (rows.length === 0 ? Effect.void : write)),
            sql.withTransaction,
            orStoreUnavailable
          )
      }
    })
  )
}
