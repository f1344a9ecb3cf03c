import { Schema } from "effect"

export const TaskState = Schema.Literals(["ready", "running", "parked", "completed", "failed", "cancelled"])
export type TaskState = typeof TaskState.Type

/** Where nothing more happens unless a newer mandate starts the work again. */
export const OVER: ReadonlyArray<TaskState> = ["completed", "failed", "cancelled"]

export const isOver = (state: TaskState): boolean => OVER.includes(state)
