import type { Answer } from "./NextStep.ts"
import type { Task } from "./Task.ts"
import type { TaskState } from "./TaskState.ts"

/** How a run ended: where its task goes, why, and the answer for the issue where there is one. */
export interface Outcome {
  readonly to: TaskState & ("completed" | "parked" | "failed")
  readonly cause: string
  readonly answer: string | null
  /** What the change does, in the agent's words. */
  readonly title?: string
  /** The session stopped without `finish`: what passed the checks before that is what it answers for only if nothing changed since. */
  readonly unfinished?: true
}

/** A blocked answer is published too, and its task waits for the person it asks for. */
export const answered = ({ answer, status, title, unfinished }: Answer): Outcome =>
  status === "done"
    ? {
        to: "completed",
        cause: "the answer was given",
        answer,
        ...(title === undefined ? {} : { title }),
        ...(unfinished === undefined ? {} : { unfinished })
      }
    : { to: "parked", cause: "the work needs a person: see the answer", answer }

/** Where its task goes first, and why: an answer has to stand on the issue before its task is completed. */
export const firstStep = ({ answer, cause, to }: Outcome): Pick<Task, "state" | "cause"> =>
  to === "completed" && answer !== null
    ? { state: "answered", cause: "the answer is on its way to the issue" }
    : { state: to, cause }

export const parked = (cause: string): Outcome => ({ to: "parked", cause, answer: null })
