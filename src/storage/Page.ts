import { Schema } from "effect"

/** What a query asks of a table for one page, newest first: rows before that position, and how many of them at most. */
export const Window = Schema.Struct({ before: Schema.Int, count: Schema.Int })
export type Window = typeof Window.Type

/** A row with its place in the list: the order in which rows came to be. */
export interface Placed {
  readonly position: number
}
