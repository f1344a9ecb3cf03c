import { Duration, Effect, Layer, Redacted, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import type { ModelRequest } from "../../src/anthropic/ModelRequest.ts"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import type { SettingsValues } from "../../src/Settings.ts"
import { text } from "../harness/Models.ts"
import { settings } from "../harness/TestSettings.ts"

/** The adapter, pointed at the stand-in. */
export const AnthropicTest = (overrides: Partial<SettingsValues> = {}) =>
  Layer.provide(
    Anthropic.layer,
    Layer.unwrap(
      Effect.map(SandboxClaude, ({ url, apiKey }) =>
        settings({ anthropicKey: Redacted.make(apiKey), anthropicUrl: url, ...overrides })
      )
    )
  )

export const request = (words = "Title: A leak in the parser", fields: Partial<ModelRequest> = {}): ModelRequest => ({
  model: "claude-sandbox",
  system: "You work on an issue.",
  tools: '[{"name":"finish","input_schema":{"type":"object"}}]',
  messages: [{ role: "user", content: [text(words)] }],
  canCompact: true,
  ...fields
})

/** What the stand-in's models give at most, in tokens. */
export const MAX_OUTPUT = 4_096

export const turn = (asked = request()) =>
  Effect.flatMap(Anthropic, (anthropic) => anthropic.turn(asked, MAX_OUTPUT, () => Effect.void))

/** Looks until a condition holds, by the real clock and for five seconds at most. */
export const until = (condition: Effect.Effect<boolean>): Effect.Effect<boolean> =>
  condition.pipe(
    Effect.repeat({ until: (holds) => holds, schedule: Schedule.spaced("5 millis") }),
    Effect.timeout(Duration.seconds(5)),
    Effect.orDie,
    TestClock.withLive
  )
