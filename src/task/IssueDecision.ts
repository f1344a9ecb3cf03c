import { Clock, Duration, Effect } from "effect"
import type { Subject } from "../domain/IssueRef.ts"
import type { Decision } from "../domain/Mandate.ts"
import { answerTo, nextRound } from "../domain/Recollection.ts"
import type { Recollection } from "../domain/Recollection.ts"
import type { Task, TaskId } from "../domain/Task.ts"
import { isOver } from "../domain/TaskState.ts"
import type { Outbox } from "../outbox/Outbox.ts"
import { progressKey, reportKey } from "../outbox/Outbox.ts"
import { progressEntry } from "../outbox/TaskComments.ts"
import { traceparent } from "../telemetry/Tracing.ts"
import { AnswerFate } from "./AnswerFate.ts"
import type { TaskTable } from "./TaskTable.ts"
import type { Transitions } from "./Transitions.ts"

const ASSIGNED = "assigned to the bot"
const ANSWERED = "the answer was given"

const takenOver = ({ asks }: { readonly asks: boolean }) =>
  asks
    ? (["parked", "a question to a person was found on the issue, and this store knew nothing of it"] as const)
    : (["completed", "the answer was found on the issue, and this store knew nothing of it"] as const)

/** Where operators read what nobody else could. */
const lost = ({ id }: Task, why: string) =>
  `the answer could not be written: ${why}. Its text is in the operator API, at /api/tasks/${id}`

/** How long a repository may be out of sight before the tasks in it wait for a person. */
const UNREADABLE_LIMIT = Duration.hours(1)

const readyFor = (cause: string) =>
  Effect.map(Effect.all([Clock.currentTimeMillis, traceparent]), ([now, parent]) => ({
    cause,
    now,
    traceparent: parent
  }))

/** Carries out what an issue decides about its task. Everything is part of the caller's transaction. */
export const makeIssueDecision = (table: TaskTable, transitions: Transitions, outbox: Outbox["Service"]) => {
  const create = Effect.fnUntraced(function* (
    id: TaskId,
    subject: Subject,
    { mandate }: Decision & { readonly _tag: "Create" },
    known: Recollection
  ) {
    const answer = answerTo(known, mandate)
    const [state, cause] = answer === null ? (["ready", ASSIGNED] as const) : takenOver(answer)
    const round = answer?.round ?? nextRound(known)
    yield* table.insert(id, subject, { mandate, ...(yield* readyFor(cause)) }, state, round)
    yield* transitions.record({ id, state: null }, state, cause)
    if (known.progress !== null) yield* outbox.adopt(id, progressKey(id), { id: known.progress, body: "" })
    for (const one of known.answers) yield* outbox.adopt(id, reportKey(id, one.round), one)
  })

  const restart = Effect.fnUntraced(function* (
    task: Task,
    { again, cause, mandate }: Decision & { readonly _tag: "Restart" }
  ) {
    if (yield* transitions.breakerOpen(task.id)) {
      return yield* Effect.logWarning("Task not restarted: it became ready too often within an hour").pipe(
        Effect.annotateLogs({ task: task.id })
      )
    }
    yield* table.restart(task.id, again, { mandate, ...(yield* readyFor(cause)) })
    yield* transitions.record(task, "ready", cause)
    // Somebody may have deleted the comment of an earlier round.
    yield* outbox.renew(progressKey(task.id))
  })

  const cancel = Effect.fnUntraced(function* (task: Task, { cause, report }: Decision & { readonly _tag: "Cancel" }) {
    yield* table.stop(task.id, "cancelled", cause, yield* Clock.currentTimeMillis)
    yield* transitions.record(task, "cancelled", cause)
    if (report) yield* outbox.amend(progressEntry(task, "cancelled", cause))
  })

  const carryOut = Effect.fnUntraced(function* (
    id: TaskId,
    subject: Subject | null,
    task: Task | null,
    decision: Decision,
    known: Recollection
  ) {
    if (task !== null && subject !== null) yield* table.refresh(id, subject)
    switch (decision._tag) {
      case "Create":
        return subject === null ? undefined : yield* create(id, subject, decision, known)
      case "StoreMandate":
        return yield* table.serve(id, decision.mandate)
      case "Restart":
        return task === null ? undefined : yield* restart(task, decision)
      case "Cancel":
        return task === null ? undefined : yield* cancel(task, decision)
      case "Keep":
      case "Nothing":
        return undefined
    }
  })

  /** Parks a task that waits or runs, whoever works it. */
  const park = Effect.fnUntraced(function* (task: Task, cause: string) {
    if (task.state === "parked" || task.state === "answered" || isOver(task.state)) return
    yield* table.stop(task.id, "parked", cause, yield* Clock.currentTimeMillis)
    yield* transitions.record(task, "parked", cause)
    yield* outbox.put(progressEntry(task, "parked", cause))
  })

  /**
   * Notes that the issue could not be read. Nothing is known of it, so the task is kept, for an hour. Of a task that is over it is
   * not noted, because nobody would look at its issue again.
   */
  const noteUnreadable = Effect.fnUntraced(function* (task: Task, why: string) {
    if (isOver(task.state)) return
    const now = yield* Clock.currentTimeMillis
    const since = yield* table.unreadable(task.id, now)
    if (now - since >= Duration.toMillis(UNREADABLE_LIMIT)) {
      yield* park(task, `the issue could not be read for an hour: ${why}`)
    }
  })

  const settle = Effect.fnUntraced(function* (task: Task, to: "completed" | "cancelled" | "parked", cause: string) {
    yield* table.stop(task.id, to, cause, yield* Clock.currentTimeMillis)
    yield* transitions.record(task, to, cause)
    yield* outbox.put(progressEntry(task, to, cause))
  })

  const wait = Effect.fnUntraced(function* (task: Task, cause: string) {
    if (task.cause === cause) return
    yield* table.because(task.id, cause)
    yield* outbox.put(progressEntry(task, "answered", cause))
  })

  const noteLost = Effect.fnUntraced(function* (task: Task, why: string) {
    yield* table.because(task.id, lost(task, why))
    yield* outbox.put(progressEntry(task, "parked", lost(task, why)))
  })

  /** What follows for a task whose answer is the comment with this key. */
  const answer = Effect.fnUntraced(function* (task: Task, key: string, fate: AnswerFate) {
    if (key !== reportKey(task.id, task.round)) return
    // A question to a person: its task waits for one already.
    if (task.state === "parked" && AnswerFate.$is("Lost")(fate)) return yield* noteLost(task, fate.why)
    if (task.state !== "answered") return
    yield* AnswerFate.$match(fate, {
      Stands: () => settle(task, "completed", ANSWERED),
      Waits: ({ why }) => wait(task, `the answer is ready and could not be written yet: ${why}`),
      Lost: ({ to, why }) => settle(task, to, to === "cancelled" ? why : lost(task, why))
    })
  })

  /** A run that was stopped saves its work after its task was cancelled or parked, and only then can it be named. */
  const noteSaved = Effect.fnUntraced(function* (task: Task, ref: string) {
    yield* table.save(task.id, ref)
    if (task.state !== "cancelled" && task.state !== "parked") return
    yield* outbox.amend(progressEntry({ ...task, saved: ref }, task.state, task.cause))
  })

  return { carryOut, park, noteUnreadable, noteSaved, answer }
}
