import { Schema } from "effect"

/** `answered`: the work is done, and its answer is not on the issue yet. */
export const TaskState = Schema.Literals(["ready", "running", "answered", "parked", "completed", "failed", "cancelled"])
export type TaskState = typeof TaskState.Type

/** Where nothing more happens unless a newer mandate starts the work again. */
export const OVER: ReadonlyArray<TaskState> = ["completed", "failed", "cancelled"]

export const isOver = (state: TaskState): boolean => OVER.includes(state)
