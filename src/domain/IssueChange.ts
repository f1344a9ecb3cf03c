import type { Observation } from "./Mandate.ts"
import type { Task } from "./Task.ts"

/** A look at an issue, and its task before and after it; null where there is none. */
export interface IssueChange {
  readonly observation: Observation
  readonly before: Task | null
  readonly after: Task | null
}

/** Whether the look created the task, started it again or cancelled it; a claim by a worker in between does not count. */
export const isRepair = (change: IssueChange): change is IssueChange & { readonly after: Task } => {
  const { after, before, observation } = change
  // Forgejo sends nothing when an issue is deleted, so nothing can have been missed.
  if (observation._tag === "Gone") return false
  // A hook need not tell of comments.
  if (observation._tag === "Assigned" && observation.asked === true) return false
  // What was found answered was missed by nobody: the store is a new one.
  if (after === null || before === null) return after?.state === "ready"
  return before.round !== after.round || (after.state === "cancelled" && before.state !== "cancelled")
}
