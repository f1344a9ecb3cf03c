import { Result, Schema } from "effect"
import { Mandate } from "./Mandate.ts"
import { FullName } from "./Repository.ts"
import { TaskState } from "./TaskState.ts"

/** `<repository id>/<issue number>`: one task per issue, whatever the repository is called today. */
export const TaskId = Schema.String.check(Schema.isPattern(/^\d+\/\d+$/)).pipe(Schema.brand("TaskId"))
export type TaskId = typeof TaskId.Type

export const taskIdOf = (repositoryId: number, number: number): TaskId => TaskId.make(`${repositoryId}/${number}`)

/** Faults and crashes without any journal progress after which a task is failed. */
export const MAX_ATTEMPTS = 3

export const Task = Schema.Struct({
  id: TaskId,
  repositoryId: Schema.Int,
  number: Schema.Int,
  fullName: FullName,
  title: Schema.String,
  state: TaskState,
  priority: Schema.Int,
  mandate: Schema.NullOr(Mandate),
  /** Grows with every newer mandate that starts the work again; sessions and reports belong to one generation. */
  generation: Schema.Int,
  /** Grows each time the task becomes ready again; each round has an answer of its own. */
  round: Schema.Int,
  /** Faults of ours since the last journal entry, and crashes while a step of this task was under way. */
  attempts: Schema.Int,
  /** Paid requests since it became ready, whatever came of them. */
  requests: Schema.Int,
  /** Those since the last journal entry. */
  tries: Schema.Int,
  turns: Schema.Int,
  tokens: Schema.Int,
  /** Milliseconds spent in replies, finished or not. */
  elapsed: Schema.Int,
  /** Why it is in its state: the cause of the last transition. */
  cause: Schema.String,
  /** The ref that its newest work is saved as; null: there is none. */
  saved: Schema.NullOr(Schema.String),
  /** When it last became ready, in milliseconds. */
  readyAt: Schema.Int,
  updatedAt: Schema.Int,
  /** The span that asked for this round, where a collector is set. */
  traceparent: Schema.NullOr(Schema.String)
})
export type Task = typeof Task.Type

const ALLOWED: Record<TaskState, ReadonlyArray<TaskState>> = {
  ready: ["running", "parked", "failed", "cancelled"],
  running: ["ready", "answered", "parked", "completed", "failed", "cancelled"],
  answered: ["completed", "ready", "parked", "cancelled"],
  parked: ["ready", "cancelled"],
  completed: ["ready"],
  failed: ["ready"],
  cancelled: ["ready"]
}

export class ForbiddenTransition extends Schema.TaggedError<ForbiddenTransition>()("ForbiddenTransition", {
  task: TaskId,
  from: TaskState,
  to: TaskState
}) {
  override get message() {
    return `Task ${this.task} cannot go from ${this.from} to ${this.to}`
  }
}

/** The state machine: `to` when a task may go there from where it is. */
export const transition = (
  task: Pick<Task, "id" | "state">,
  to: TaskState
): Result.Result<TaskState, ForbiddenTransition> =>
  ALLOWED[task.state].includes(to)
    ? Result.succeed(to)
    : Result.fail(new ForbiddenTransition({ task: task.id, from: task.state, to }))

const partOf = (id: TaskId, index: 0 | 1): number => Number(id.split("/")[index])
export const repositoryIdOf = (id: TaskId): number => partOf(id, 0)
export const numberOf = (id: TaskId): number => partOf(id, 1)
