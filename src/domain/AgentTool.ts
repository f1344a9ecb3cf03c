import { Schema } from "effect"

/** What the model may ask for, by tool. Bad input is answered with what is wrong with it, and the model may try again. */
export const ReadCommentsInput = Schema.Struct({ page: Schema.Int.check(Schema.isGreaterThan(0)) })

export const ProgressInput = Schema.Struct({
  done: Schema.NonEmptyString,
  next: Schema.NonEmptyString,
  failed: Schema.optionalKey(Schema.String)
})
export type ProgressInput = typeof ProgressInput.Type

export const FinishInput = Schema.Struct({
  answer: Schema.NonEmptyString,
  /** What the change does, in one line; for work in a checkout. */
  title: Schema.optionalKey(Schema.NonEmptyString),
  status: Schema.Literals(["done", "blocked"])
})
export type FinishInput = typeof FinishInput.Type

/** The tool that runs the repository's checks, and what the result of a `finish` begins with where they failed. */
export const RUN_CHECKS = "run_checks"
export const CHECKS_FAILED = "The checks failed."

/** The same where files were changed that the repository keeps from the bot; they are named in the first line. */
export const FILES_BARRED = "Files were changed that the bot may not touch"

/** Whether a session has the tools of a checkout: `tools` are its definitions, as they are stored. */
export const worksInCheckout = (tools: string): boolean => tools.includes(`"name":"${RUN_CHECKS}"`)

export const isProgress = Schema.is(ProgressInput)
export const isFinish = Schema.is(FinishInput)

/** Comments on one page of `read_comments`. */
export const COMMENTS_PER_PAGE = 10

/** What a call came to. It never fails: what went wrong is the text, and the model may try again. */
export interface ToolResult {
  readonly text: string
  readonly isError: boolean
}
