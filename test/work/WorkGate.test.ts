import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { ModelAuth, ModelUnavailable } from "../../src/anthropic/ModelError.ts"
import type { ModelHealth } from "../../src/anthropic/ModelHealth.ts"
import { WorkGate } from "../../src/work/WorkGate.ts"
import { mocks } from "../harness/Mocks.ts"
import { models } from "../harness/Models.ts"
import { settings } from "../harness/TestSettings.ts"

const refused = new ModelAuth({ operation: "turn", requestId: null, detail: "the key is gone" })
const down = new ModelUnavailable({ operation: "turn", requestId: null, kind: "connection" })

interface Case {
  readonly when: string
  readonly settings?: Parameters<typeof settings>[0]
  readonly health?: ModelHealth
  readonly problem?: string
  readonly why: string | null
}

const cases: ReadonlyArray<Case> = [
  { when: "all is well", why: null },
  { when: "Claude is only unavailable", health: down, why: null },
  {
    when: "work is switched off",
    settings: { enabled: false },
    why: "COORDINATOR_ENABLED is false: deliveries are kept, nothing is started"
  },
  { when: "there is no key", settings: { anthropicKey: null }, why: "ANTHROPIC_API_KEY is not set" },
  {
    when: "the key is refused",
    health: refused,
    why: `${refused.message}. Restart the coordinator with a valid key`
  },
  { when: "Gitea has not confirmed the bot", problem: "not confirmed", why: "not confirmed" }
]

describe("WorkGate", () => {
  it.effect.each(cases)("tells whether work may begin when $when", ({ settings: values, health, problem, why }) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* (yield* WorkGate).closed, why)
    }).pipe(
      Effect.provide(
        WorkGate.layer.pipe(
          Layer.provide([
            settings(values),
            models({ health: Effect.succeed(health ?? "ok") }),
            mocks.BotIdentity({ problem: Effect.succeed(problem ?? null) })
          ])
        )
      )
    )
  )
})
