import type { Duration } from "effect"

/** What has to be done once before checks can run, with the hosts that it may reach for it. */
export interface Setup {
  readonly commands: ReadonlyArray<string>
  readonly hosts: ReadonlyArray<string>
  readonly limit: Duration.Duration
}

/** A command of the repository's that passes with exit code 0. */
export interface Check {
  readonly name: string
  readonly command: string
  readonly limit: Duration.Duration
}

/** What a repository asks of work on it: from its `.mosaic.yml`, or guessed. */
export interface CheckPlan {
  readonly from: "file" | "guess"
  readonly setup: Setup | null
  readonly checks: ReadonlyArray<Check>
  /** Globs of files that the bot may not touch. */
  readonly paths: ReadonlyArray<string>
  readonly instructions: string | null
}

/** What is wrong with a `.mosaic.yml`, where: both from 1. The message is a sentence without a full stop. */
export interface CheckFault {
  readonly line: number
  readonly column: number
  readonly message: string
}
