import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Ref } from "effect"
import { TestClock } from "effect/testing"
import { ModelAuth, ModelUnavailable } from "../../src/anthropic/ModelError.ts"
import type { ModelHealth } from "../../src/anthropic/ModelHealth.ts"
import type { User } from "../../src/domain/User.ts"
import { WorkGate } from "../../src/work/WorkGate.ts"
import { BOT } from "../harness/Deliveries.ts"
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

/** The gate, where health and confirmation come as the test has them; gives whether it has opened. */
const waiting = Effect.fnUntraced(function* (
  health: Effect.Effect<ModelHealth>,
  confirmed: Effect.Effect<User>,
  values: Parameters<typeof settings>[0] = {}
) {
  const layer = WorkGate.layer.pipe(
    Layer.provide([settings(values), models({ health }), mocks.BotIdentity({ confirmed })])
  )
  const { opened } = yield* Effect.provide(WorkGate, layer)
  const fiber = yield* Effect.forkChild(opened, { startImmediately: true })
  return () => fiber.pollUnsafe() !== undefined
})

describe("WorkGate", () => {
  it.effect("opens when Gitea confirms the bot", () =>
    Effect.gen(function* () {
      const confirmed = yield* Deferred.make<User>()
      const isOpen = yield* waiting(Effect.succeed(down), Deferred.await(confirmed))
      yield* TestClock.adjust("1 day")
      assert.isFalse(isOpen())
      yield* Deferred.succeed(confirmed, BOT)
      yield* TestClock.adjust(0)
      assert.isTrue(isOpen())
    })
  )

  it.effect("opens when a key that was refused is accepted", () =>
    Effect.gen(function* () {
      const health = yield* Ref.make<ModelHealth>(refused)
      const isOpen = yield* waiting(Ref.get(health), Effect.succeed(BOT))
      yield* TestClock.adjust("1 day")
      assert.isFalse(isOpen())
      yield* Ref.set(health, "ok")
      yield* TestClock.adjust("1 second")
      assert.isTrue(isOpen())
    })
  )

  it.effect.each([{ enabled: false }, { anthropicKey: null }])("never opens with %j", (values) =>
    Effect.gen(function* () {
      const isOpen = yield* waiting(Effect.succeed("ok"), Effect.succeed(BOT), values)
      yield* TestClock.adjust("1 day")
      assert.isFalse(isOpen())
    })
  )

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
