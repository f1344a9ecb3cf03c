import { Clock, Duration, Effect } from "effect"
import type { SqlClient } from "effect/sql"
import { transition } from "../domain/Task.ts"
import type { Task, TaskId } from "../domain/Task.ts"
import type { TaskState } from "../domain/TaskState.ts"

/** Times an issue may become ready within the window; a runaway of assignments stops there until the window has passed. */
const BREAKER_LIMIT = 10
const BREAKER_WINDOW = Duration.hours(1)

const CLAIMED = "claimed by a worker"

const tell = (task: TaskId, from: TaskState | null, to: TaskState, cause: string) =>
  Effect.annotateLogs(Effect.logInfo("Task changed state"), { task, from, to, cause })

/** Every statement on the table `transitions`, but for those that only operators need (`TaskRecords`). */
export const makeTransitions = (sql: SqlClient.SqlClient) => {
  /** Records that a task came to a state, when, and why, and logs it once that is sure. Part of the caller's transaction. */
  const record = Effect.fnUntraced(function* (
    task: Pick<Task, "id" | "state"> | { readonly id: TaskId; readonly state: null },
    to: TaskState,
    cause: string
  ) {
    if (task.state !== null) yield* Effect.fromResult(transition(task, to))
    const at = yield* Clock.currentTimeMillis
    yield* sql`insert into transitions ${sql.insert({ taskId: task.id, from: task.state, to, cause, at })}`
    yield* sql.afterCommit(tell(task.id, task.state, to, cause))
  })

  /** A claim is a transition only for a task that was ready; one taken up again after a crash is still running. */
  const recordClaim = Effect.fnUntraced(function* (id: TaskId) {
    const at = yield* Clock.currentTimeMillis
    const rows = yield* sql`insert into transitions (task_id, "from", "to", cause, at)
      select ${id}, 'ready', 'running', ${CLAIMED}, ${at}
      where (select "to" from transitions where task_id = ${id} order by id desc limit 1) = 'ready' returning id`
    if (rows.length > 0) yield* sql.afterCommit(tell(id, "ready", "running", CLAIMED))
  })

  /** Whether the issue has become ready too often of late. */
  const breakerOpen = Effect.fnUntraced(function* (id: TaskId) {
    const now = yield* Clock.currentTimeMillis
    const rows = yield* sql`select 1 from transitions where task_id = ${id} and "to" = 'ready' 
        and at > ${now - Duration.toMillis(BREAKER_WINDOW)} and at <= ${now} limit ${BREAKER_LIMIT}`
    return rows.length >= BREAKER_LIMIT
  })

  return { record, recordClaim, breakerOpen }
}

export type Transitions = ReturnType<typeof makeTransitions>
