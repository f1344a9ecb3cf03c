import { Clock, Duration, Effect } from "effect"
import { isOver } from "../domain/TaskState.ts"
import type { Task } from "../domain/Task.ts"
import type { Writers } from "./Application.ts"
import { progressEntry } from "../outbox/TaskComments.ts"
import { record } from "./Transitions.ts"

/** How long a repository may be out of sight before the tasks in it wait for a person. */
const UNREADABLE_LIMIT = Duration.hours(1)

/** Parks a task that waits or runs, whoever works it: its lease is taken away. Part of the caller's transaction. */
export const park = Effect.fnUntraced(function* ({ sql, outbox }: Writers, task: Task, cause: string) {
  if (task.state === "parked" || isOver(task.state)) return
  const now = yield* Clock.currentTimeMillis
  yield* sql`update tasks set state = 'parked', cause = ${cause}, lease = null, lease_expires_at = null,
    updated_at = ${now} where id = ${task.id}`
  yield* record(sql, task, "parked", cause)
  yield* outbox.put(progressEntry(task.id, "parked", cause))
})

/**
 * Notes that the issue could not be read. Nothing is known of it, so the task is kept, for an hour. Of a task that is over it is
 * not noted, because nobody would look at its issue again.
 */
export const noteUnreadable = Effect.fnUntraced(function* (writers: Writers, task: Task, why: string) {
  if (isOver(task.state)) return
  const now = yield* Clock.currentTimeMillis
  const [row] = yield* writers.sql<{ unreadableSince: number }>`update tasks
    set unreadable_since = coalesce(unreadable_since, ${now}) where id = ${task.id} returning unreadable_since`
  const since = row?.unreadableSince ?? now
  if (now - since >= Duration.toMillis(UNREADABLE_LIMIT)) {
    yield* park(writers, task, `its issue could not be read for an hour: ${why}`)
  }
})
