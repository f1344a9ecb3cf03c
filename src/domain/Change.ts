import type { Task } from "./Task.ts"

/** A task before and after a look at its issue; null where there is none. */
export interface Change {
  readonly before: Task | null
  readonly after: Task | null
}

/** Whether the look created the task, started it again or cancelled it; that a worker takes it meanwhile is none of it. */
export const isRepair = (change: Change): change is { readonly before: Task | null; readonly after: Task } => {
  const { after, before } = change
  if (after === null || before === null) return after !== null
  return before.round !== after.round || (after.state === "cancelled" && before.state !== "cancelled")
}
