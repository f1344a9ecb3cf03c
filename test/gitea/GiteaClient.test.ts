import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { GiteaError } from "../../src/gitea/GiteaError.ts"
import { GiteaRetry } from "../../src/gitea/GiteaClient.ts"

const failure = (fields: Partial<ConstructorParameters<typeof GiteaError>[0]> = {}) =>
  new GiteaError({ operation: "read issue", status: 503, retryable: true, retryAfter: null, detail: "busy", ...fields })

/** A call that fails so each time, on its way; `calls` counts. */
const calling = Effect.fnUntraced(function* (error: GiteaError) {
  const schedule = yield* GiteaRetry
  let calls = 0
  const call = Effect.suspend(() => {
    calls += 1
    return Effect.fail(error)
  })
  const fiber = yield* Effect.forkChild(Effect.exit(Effect.retry(call, schedule)), { startImmediately: true })
  return { calls: () => calls, fiber }
})

describe("GiteaRetry", () => {
  it.effect("gives a call five tries within half a minute", () =>
    Effect.gen(function* () {
      const { calls, fiber } = yield* calling(failure())
      assert.strictEqual(calls(), 1)
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(fiber)
      assert.strictEqual(calls(), 5)
    })
  )

  it.effect("does not repeat what cannot help", () =>
    Effect.gen(function* () {
      const { calls, fiber } = yield* calling(failure({ status: 404, retryable: false }))
      yield* Fiber.join(fiber)
      assert.strictEqual(calls(), 1)
    })
  )

  it.effect("waits as long as it was asked to", () =>
    Effect.gen(function* () {
      const { calls } = yield* calling(failure({ status: 429, retryAfter: 7000 }))
      yield* TestClock.adjust("6999 millis")
      assert.strictEqual(calls(), 1)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(calls(), 2)
    })
  )

  it.effect("waits half a minute at most, whatever it was asked", () =>
    Effect.gen(function* () {
      const { calls } = yield* calling(failure({ status: 429, retryAfter: 3_600_000 }))
      yield* TestClock.adjust("29999 millis")
      assert.strictEqual(calls(), 1)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(calls(), 2)
    })
  )
})
