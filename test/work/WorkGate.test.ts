import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Fiber, Layer, Ref } from "effect"
import { TestClock } from "effect/testing"
import { ModelAuth, ModelSpendLimit, ModelUnavailable, ModelUnfit } from "../../src/anthropic/ModelError.ts"
import type { ModelHealth } from "../../src/anthropic/ModelHealth.ts"
import type { User } from "../../src/domain/User.ts"
import { outOfScope } from "../../src/gitea/GiteaError.ts"
import { neededFor } from "../../src/gitea/TokenScopes.ts"
import type { GiteaError } from "../../src/gitea/GiteaError.ts"
import { WorkGate } from "../../src/work/WorkGate.ts"
import { BOT } from "../harness/Deliveries.ts"
import { mocks } from "../harness/Mocks.ts"
import { models } from "../harness/Models.ts"
import { settings } from "../harness/TestSettings.ts"

const refused = new ModelAuth({ operation: "turn", requestId: null, detail: "the key is gone" })
const spent = new ModelSpendLimit({ operation: "turn", requestId: null, code: "credit_balance_too_low" })
const unfit = new ModelUnfit({ operation: "info", requestId: null, detail: "no such model" })
const GOES_ON = "Tasks wait, and go on by themselves when Claude accepts it"
const down = new ModelUnavailable({ operation: "turn", requestId: null, kind: "connection" })

const unanswerable = outOfScope(
  "create comment",
  { required: "write:issue", granted: ["read:user"] },
  neededFor({ tools: true })
)

interface Case {
  readonly when: string
  readonly settings?: Parameters<typeof settings>[0]
  readonly health?: ModelHealth
  readonly problem?: string
  readonly lacking?: GiteaError
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
  ...[refused, spent, unfit].map((health) => ({
    when: `Claude refuses with ${health._tag}`,
    health,
    why: `${health.message}. ${GOES_ON}`
  })),
  {
    when: "the token lacks a scope",
    lacking: unanswerable,
    why:
      "nobody could be answered: GITEA_TOKEN lacks the scope write:issue: " +
      "make a token with read:user, write:issue, write:repository, set it and restart"
  },
  { when: "Gitea has not confirmed the bot", problem: "not confirmed", why: "not confirmed" }
]

/** The gate, where health and confirmation come as the test has them; gives whether it has opened. */
const waiting = Effect.fnUntraced(function* (
  health: Effect.Effect<ModelHealth>,
  confirmed: Effect.Effect<User>,
  values: Parameters<typeof settings>[0] = {},
  probe: Effect.Effect<void, ModelAuth> = Effect.fail(refused),
  lacking: Effect.Effect<GiteaError | null> = Effect.succeed(null)
) {
  const layer = WorkGate.layer.pipe(
    Layer.provide([
      settings(values),
      models({ health, probe: () => probe }),
      mocks.BotIdentity({ confirmed }),
      mocks.Gitea({ lacking })
    ])
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

  it.effect("asks again with growing pauses while Claude refuses, and lets one try when that is answered", () =>
    Effect.gen(function* () {
      const probes = yield* Ref.make<ReadonlyArray<number>>([])
      const now = Effect.map(Clock.currentTimeMillis, (millis) => millis / 1_000)
      const layer = WorkGate.layer.pipe(
        Layer.provide([
          settings(),
          models({
            health: Effect.succeed(spent),
            probe: () =>
              Effect.flatMap(now, (at) => Ref.updateAndGet(probes, (all) => [...all, at])).pipe(
                Effect.flatMap(({ length }) => (length < 8 ? Effect.fail(spent) : Effect.void))
              )
          }),
          mocks.BotIdentity({ confirmed: Effect.succeed(BOT) }),
          mocks.Gitea({ lacking: Effect.succeed(null) })
        ])
      )
      const { opened } = yield* Effect.provide(WorkGate, layer)
      const first = yield* Effect.forkChild(opened, { startImmediately: true })
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* Ref.get(probes), [10, 30, 70, 150, 310, 610, 910, 1_210])
      yield* Fiber.join(first)
      const second = yield* Effect.forkChild(opened, { startImmediately: true })
      yield* TestClock.adjust("299 seconds")
      assert.isUndefined(second.pollUnsafe(), "the next one waits for its turn")
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(second)
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

  it.effect("opens when the token is found to have its scopes", () =>
    Effect.gen(function* () {
      const lacking = yield* Ref.make<GiteaError | null>(unanswerable)
      const isOpen = yield* waiting(Effect.succeed("ok"), Effect.succeed(BOT), {}, undefined, Ref.get(lacking))
      yield* TestClock.adjust("1 day")
      assert.isFalse(isOpen())
      yield* Ref.set(lacking, null)
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

  it.effect.each(cases)(
    "tells whether work may begin when $when",
    ({ settings: values, health, lacking, problem, why }) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* (yield* WorkGate).closed, why)
      }).pipe(
        Effect.provide(
          WorkGate.layer.pipe(
            Layer.provide([
              settings(values),
              models({ health: Effect.succeed(health ?? "ok") }),
              mocks.BotIdentity({ problem: Effect.succeed(problem ?? null) }),
              mocks.Gitea({ lacking: Effect.succeed(lacking ?? null) })
            ])
          )
        )
      )
  )
})
