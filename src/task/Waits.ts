import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { TaskId } from "../domain/Task.ts"
import { Doorbell } from "../storage/Doorbell.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { TaskTable } from "./TaskTable.ts"

/** An open issue that a task waits for; its name is "owner/name#number". */
export interface Awaited {
  readonly id: TaskId
  readonly name: string
}

/** Tasks that wait for other issues. Kept by this process alone: every wait ends with a start, and is found again by the next run. */
export const makeWaits = Effect.fnUntraced(function* (table: TaskTable) {
  const sql = yield* SqlClient.SqlClient
  const doorbell = yield* Doorbell
  const waits = new Map<TaskId, ReadonlyArray<Awaited>>()

  return {
    waitsFor: (id: TaskId, issues: ReadonlyArray<Awaited>) =>
      Effect.sync(() => {
        const isNew = issues.length > 0 && !waits.has(id)
        waits.delete(id)
        if (issues.length > 0) waits.set(id, issues)
        return isNew
      }),
    // Of a task that was taken from its run nobody tells that it waits no longer.
    waiting: Effect.suspend(() => table.running([...waits.keys()])).pipe(
      Effect.map((running): ReadonlyMap<TaskId, ReadonlyArray<Awaited>> => {
        return new Map([...waits].filter(([id]) => running.has(id)))
      }),
      orStoreUnavailable
    ),
    issueClosed: Effect.fn("Tasks.issueClosed")(function* (issue: TaskId) {
      const waiting = [...waits].flatMap(([id, issues]) => (issues.some((it) => it.id === issue) ? [id] : []))
      if (waiting.length === 0) return
      yield* Effect.forEach(waiting, table.hasten, { discard: true }).pipe(sql.withTransaction)
      yield* doorbell.ring("tasks")
    }, orStoreUnavailable)
  }
})
