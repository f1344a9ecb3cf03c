import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { TaskId } from "../domain/Task.ts"
import { Doorbell } from "../storage/Doorbell.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { TaskTable } from "./TaskTable.ts"

/** Tasks that wait for other issues. Kept by this process alone: every wait ends with a start, and is found again by the next run. */
export const makeWaits = Effect.fnUntraced(function* (table: TaskTable) {
  const sql = yield* SqlClient.SqlClient
  const doorbell = yield* Doorbell
  const waits = new Map<TaskId, ReadonlySet<TaskId>>()

  return {
    waitsFor: (id: TaskId, issues: ReadonlyArray<TaskId>) =>
      Effect.sync(() => {
        const isNew = issues.length > 0 && !waits.has(id)
        waits.delete(id)
        if (issues.length > 0) waits.set(id, new Set(issues))
        return isNew
      }),
    issueClosed: Effect.fn("Tasks.issueClosed")(function* (issue: TaskId) {
      const waiting = [...waits].flatMap(([id, issues]) => (issues.has(issue) ? [id] : []))
      if (waiting.length === 0) return
      yield* Effect.forEach(waiting, table.hasten, { discard: true }).pipe(sql.withTransaction)
      yield* doorbell.ring("tasks")
    }, orStoreUnavailable)
  }
})
