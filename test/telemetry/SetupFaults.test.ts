import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { SetupFaults } from "../../src/telemetry/SetupFaults.ts"
import { warned } from "../harness/Logged.ts"

const provided = (lines: Array<string>) => Effect.provide(Layer.merge(SetupFaults.layer, warned(lines)))
const LINE = "Warn Requests failed verification"

describe("SetupFaults", () => {
  it.effect("says a mistake once, and again when its reason changes, a minute later at the earliest", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const faults = yield* SetupFaults
      yield* Effect.replicateEffect(faults.found("signature", "empty"), 100)
      yield* faults.found("signature", "wrong")
      assert.deepStrictEqual(lines, [LINE])
      assert.deepStrictEqual(yield* faults.standing, [{ fault: "signature", why: "wrong" }])
      yield* TestClock.adjust("1 minute")
      yield* faults.found("signature", "wrong")
      assert.deepStrictEqual(lines, [LINE])
      yield* faults.found("signature", "empty")
      yield* faults.found("size", "too large")
      assert.deepStrictEqual(lines, [LINE, LINE, "Warn Delivery too large"])
    }).pipe(provided(lines))
  })

  it.effect("forgets one that is over, but for when it showed last, and one that has not shown for a day", () =>
    Effect.gen(function* () {
      const { found, lastShown, over, standing } = yield* SetupFaults
      assert.isNull(yield* lastShown("signature"))
      yield* TestClock.adjust("1 second")
      yield* found("signature", "wrong")
      yield* over("signature")
      yield* found("size", "too large")
      yield* TestClock.adjust("1 day")
      assert.isEmpty(yield* standing)
      assert.deepStrictEqual([yield* lastShown("signature"), yield* lastShown("size")], [1_000, 1_000])
    }).pipe(provided([]))
  )

  it.effect("keeps nothing where nobody asked for it", () =>
    Effect.gen(function* () {
      const { found, standing } = yield* SetupFaults
      yield* found("size", "too large")
      assert.isEmpty(yield* standing)
    })
  )
})
