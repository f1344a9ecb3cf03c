import { Clock, Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { Subject } from "../domain/IssueRef.ts"
import { Decision } from "../domain/Mandate.ts"
import type { Mandate } from "../domain/Mandate.ts"
import type { Task, TaskId } from "../domain/Task.ts"
import type { Outbox } from "../outbox/Outbox.ts"
import { progressEntry } from "../outbox/TaskComments.ts"
import { breakerOpen, record } from "./Transitions.ts"

export interface Writers {
  readonly sql: SqlClient.SqlClient
  readonly outbox: Outbox["Service"]
}

const ASSIGNED = "assigned to the bot"

const mandateColumns = ({ sql }: Writers, mandate: Mandate | null) =>
  sql`mandate_source = ${mandate?.source ?? null}, mandate_id = ${mandate?.id ?? null}`

const create = Effect.fnUntraced(function* (
  { sql, outbox }: Writers,
  id: TaskId,
  subject: Subject,
  mandate: Mandate | null
) {
  const now = yield* Clock.currentTimeMillis
  const { repositoryId, number, fullName, title, priority } = subject
  yield* sql`insert into tasks (id, repository_id, number, full_name, title, state, priority, mandate_source, mandate_id,
      cause, ready_at, created_at, updated_at)
    values (${id}, ${repositoryId}, ${number}, ${fullName}, ${title}, 'ready', ${priority}, ${mandate?.source ?? null},
      ${mandate?.id ?? null}, ${ASSIGNED}, ${now}, ${now}, ${now})`
  yield* record(sql, { id, state: null }, "ready", ASSIGNED)
  yield* outbox.put(progressEntry(id, "ready", ASSIGNED))
})

const restart = Effect.fnUntraced(function* (
  writers: Writers,
  task: Task,
  decision: Decision & { readonly _tag: "Restart" }
) {
  const { sql, outbox } = writers
  if (yield* breakerOpen(sql, task.id)) {
    return yield* Effect.logWarning("Issue became ready too often within the hour: not started again for now").pipe(
      Effect.annotateLogs({ task: task.id })
    )
  }
  const now = yield* Clock.currentTimeMillis
  yield* sql`update tasks set state = 'ready', ${mandateColumns(writers, decision.mandate)}, cause = ${decision.cause},
    generation = generation + ${decision.again ? 1 : 0}, round = round + 1, attempts = 0, turns = 0, tokens = 0, elapsed = 0, not_before = 0,
    ready_at = ${now}, updated_at = ${now} where id = ${task.id}`
  yield* record(sql, task, "ready", decision.cause)
  yield* outbox.put(progressEntry(task.id, "ready", decision.cause))
})

const cancel = Effect.fnUntraced(function* (
  { sql, outbox }: Writers,
  task: Task,
  decision: Decision & { readonly _tag: "Cancel" }
) {
  const now = yield* Clock.currentTimeMillis
  yield* sql`update tasks set state = 'cancelled', cause = ${decision.cause}, lease = null, lease_expires_at = null,
    updated_at = ${now} where id = ${task.id}`
  yield* record(sql, task, "cancelled", decision.cause)
  if (decision.report) yield* outbox.amend(progressEntry(task.id, "cancelled", decision.cause))
})

const refresh = ({ sql }: Writers, id: TaskId, { fullName, title, priority }: Subject) =>
  sql`update tasks set full_name = ${fullName}, title = ${title}, priority = ${priority}, unreadable_since = null where id = ${id}`

/** Carries a decision out, in the caller's transaction. */
export const apply = Effect.fnUntraced(function* (
  writers: Writers,
  id: TaskId,
  subject: Subject | null,
  task: Task | null,
  decision: Decision
) {
  if (task !== null && subject !== null) yield* refresh(writers, id, subject)
  switch (decision._tag) {
    case "Create":
      return subject === null ? undefined : yield* create(writers, id, subject, decision.mandate)
    case "StoreMandate":
      return yield* writers.sql`update tasks set ${mandateColumns(writers, decision.mandate)} where id = ${id}`
    case "Restart":
      return task === null ? undefined : yield* restart(writers, task, decision)
    case "Cancel":
      return task === null ? undefined : yield* cancel(writers, task, decision)
    case "Keep":
    case "Nothing":
      return undefined
  }
})
