import { Schema } from "effect"
import type { Effect, Scope } from "effect"
import type { ToolResult } from "../domain/AgentTool.ts"
import type { Briefing } from "../domain/Briefing.ts"
import type { ToolUse } from "../domain/Reply.ts"
import type { Session } from "../domain/Session.ts"
import type { ToolDefinition } from "../tool/ToolHost.ts"

/** A session cannot go on with its tools: `why` is a sentence without a full stop. */
export class WorkplaceFailed extends Schema.TaggedError<WorkplaceFailed>()("WorkplaceFailed", {
  why: Schema.String,
  /** What passes by itself, what may do so within an hour, and what a person has to look at. */
  kind: Schema.Literals(["outage", "refusal", "person"])
}) {
  override get message() {
    return this.why
  }
}

/** A session at work in its checkout. */
export interface Desk {
  /** What a session that begins here is told of it. */
  readonly briefing: Briefing
  /** Runs one of the tools of the workplace. What went wrong in it is the result. */
  call(use: ToolUse, limit: number): Effect.Effect<ToolResult, WorkplaceFailed>
  /** Saves what changed. */
  readonly save: Effect.Effect<void, WorkplaceFailed>
  /** Runs the checks on what is saved now. An error is what they said: the work is not done. */
  readonly finish: Effect.Effect<ToolResult, WorkplaceFailed>
}

/** Where the sessions of a task have tools that touch its repository. */
export interface Workplace {
  /** Beside the tools that every session has. */
  readonly definitions: ReadonlyArray<ToolDefinition>
  /** What readers of the issue are told of how the work is done there, in one sentence; null: nothing. */
  readonly remark: string | null
  /** Ready for calls; saved and cleared when the scope ends. */
  open(session: Session): Effect.Effect<Desk, WorkplaceFailed, Scope.Scope>
}
