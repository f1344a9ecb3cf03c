import Anthropic from "@anthropic-ai/sdk"
import { Data, Effect } from "effect"
import { SandboxClaude } from "../../../src/sandbox/claude/SandboxClaude.ts"

export const COMPACTION = "compact-2026-09-04"

/** Whatever the SDK threw. */
export class Thrown extends Data.TaggedError("Thrown")<{ readonly error: unknown }> {}

/** Calls the stand-in through the SDK, without the SDK's own retries. */
export const call = <A>(run: (client: Anthropic, signal: AbortSignal) => Promise<A>) =>
  Effect.flatMap(SandboxClaude, ({ url, apiKey }) =>
    Effect.tryPromise({
      try: (signal) => run(new Anthropic({ baseURL: url, apiKey, maxRetries: 0, logLevel: "off" }), signal),
      catch: (error) => new Thrown({ error })
    })
  )

/** What the SDK throws at a call. */
export const thrown = <A>(run: (client: Anthropic, signal: AbortSignal) => Promise<A>) =>
  Effect.map(Effect.flip(call(run)), ({ error }) => error)

export const question = (text: string, model = "claude-sandbox") => ({
  model,
  max_tokens: 1_000,
  messages: [{ role: "user" as const, content: text }]
})
