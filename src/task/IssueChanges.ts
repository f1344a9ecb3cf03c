import { Effect } from "effect"
import type { Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql"
import type { IssueChange } from "../domain/IssueChange.ts"
import type { Subject } from "../domain/IssueRef.ts"
import { decide } from "../domain/Mandate.ts"
import type { Decision, Observation } from "../domain/Mandate.ts"
import { NOTHING_KNOWN } from "../domain/Recollection.ts"
import type { Recollection } from "../domain/Recollection.ts"
import type { ForbiddenTransition, Task, TaskId } from "../domain/Task.ts"
import { Outbox } from "../outbox/Outbox.ts"
import { Doorbell } from "../storage/Doorbell.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { AnswerFate } from "./AnswerFate.ts"
import { makeIssueDecision } from "./IssueDecision.ts"
import type { TaskTable } from "./TaskTable.ts"
import type { Transitions } from "./Transitions.ts"

type Ours = SqlError.SqlError | Schema.SchemaError | StoreUnavailable | ForbiddenTransition

/** Whether a mandate is seen for the first time, and with it the text that it was given for. */
const isGivenAnew = ({ _tag }: Decision): boolean => _tag === "Create" || _tag === "Restart" || _tag === "StoreMandate"

/** What changes a task from outside of its run. */
export const makeIssueChanges = Effect.fnUntraced(function* (table: TaskTable, transitions: Transitions) {
  const sql = yield* SqlClient.SqlClient
  const doorbell = yield* Doorbell
  const decision = makeIssueDecision(table, transitions, yield* Outbox)

  /** Rings when the state is another one afterwards. */
  const change = (id: TaskId, write: (before: Task | null) => Effect.Effect<unknown, Ours>) =>
    Effect.gen(function* () {
      const before = yield* table.find(id)
      yield* write(before)
      const after = yield* table.find(id)
      if (after !== null && after.state !== before?.state) yield* doorbell.ring("tasks")
      return { before, after }
    }).pipe(
      sql.withTransaction,
      orStoreUnavailable,
      // Neither the mandate table nor parking asks for a transition that the state machine forbids.
      Effect.catchTag("ForbiddenTransition", Effect.die)
    )

  const onTask = (id: TaskId, write: (task: Task) => Effect.Effect<void, Ours>) =>
    Effect.asVoid(change(id, (task) => (task === null ? Effect.void : write(task))))

  return {
    observed: Effect.fn("Tasks.observed")(
      (id: TaskId, subject: Subject | null, observation: Observation, known: Recollection = NOTHING_KNOWN) =>
        Effect.map(
          change(id, (before) => {
            const decided = decide(before, observation)
            const write = decision.carryOut(id, subject, before, decided, known)
            return isGivenAnew(decided) ? Effect.andThen(write, table.noteText(id, subject?.text ?? null)) : write
          }),
          (task): IssueChange => ({ observation, ...task })
        )
    ),
    unreadable: Effect.fn("Tasks.unreadable")((id: TaskId, why: string) =>
      onTask(id, (task) => decision.noteUnreadable(task, why))
    ),
    park: Effect.fn("Tasks.park")((id: TaskId, cause: string) => onTask(id, (task) => decision.park(task, cause))),
    saved: Effect.fn("Tasks.saved")(({ generation, id }: Pick<Task, "id" | "generation">, ref: string) =>
      onTask(id, (task) =>
        task.generation !== generation || task.saved === ref ? Effect.void : decision.noteSaved(task, ref)
      )
    ),
    answer: Effect.fn("Tasks.answer")(
      (id: TaskId, key: string, fate: AnswerFate, alongside: Effect.Effect<void, StoreUnavailable>) =>
        onTask(id, (task) => Effect.andThen(decision.answer(task, key, fate), alongside))
    )
  }
})
