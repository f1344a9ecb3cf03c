import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Ref } from "effect"
import { TestClock } from "effect/testing"
import type { ContextUsage } from "../../src/domain/ContextUsage.ts"
import { UsageLog } from "../../src/context/UsageLog.ts"
import { full, liveSession, storeSessions } from "../harness/LiveSessions.ts"
import { logged } from "../harness/Logged.ts"
import { read } from "../harness/StoreReader.ts"
import { hide, restore } from "../harness/StoreTrouble.ts"
import { settings } from "../harness/TestSettings.ts"
import { TestStore } from "../harness/TestStore.ts"

const layerWith = (overrides: Parameters<typeof settings>[0] = {}) =>
  UsageLog.layer.pipe(Layer.provideMerge(TestStore), Layer.provide(settings(overrides)))

const stored = read("samples", ["at", "used", "source", "by", "action"])

/** A stored session whose usage can be set. */
const changing = Effect.gen(function* () {
  const usage = yield* Ref.make<ContextUsage | null>(null)
  const live = liveSession("s", { usage: Ref.get(usage) })
  yield* storeSessions([live])
  return { live, set: (next: ContextUsage | null) => Ref.set(usage, next) }
})

describe("UsageLog", () => {
  it.effect("are stored when the figure or the action changed, with who looked and where the figure is from", () =>
    Effect.gen(function* () {
      const { sample } = yield* UsageLog
      const { live, set } = yield* changing
      yield* TestClock.setTime(5)
      yield* sample(live, "tick")
      yield* sample(live, "tick")
      yield* set(full(50))
      yield* TestClock.setTime(6)
      yield* sample(live, "tick")
      yield* sample(live, "request")
      yield* set(full(80))
      yield* sample(live, "request")
      assert.deepStrictEqual(yield* stored, [
        { at: 5, used: null, source: null, by: "tick", action: "continue" },
        { at: 6, used: 100_000, source: "reply", by: "tick", action: "continue" },
        { at: 6, used: 160_000, source: "reply", by: "request", action: "compact" }
      ])
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("are stored again when only the action changed", () =>
    Effect.gen(function* () {
      const { sample } = yield* UsageLog
      const canCompact = yield* Ref.make(true)
      const live = liveSession("s", { usage: Effect.succeed(full(85)), canCompact: Ref.get(canCompact) })
      yield* storeSessions([live])
      yield* sample(live, "tick")
      yield* Ref.set(canCompact, false)
      yield* sample(live, "tick")
      assert.deepStrictEqual(
        (yield* stored).map(({ action }) => action),
        ["compact", "rotate"]
      )
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("are logged as often as they are stored", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const { sample } = yield* UsageLog
      const { live } = yield* changing
      yield* sample(live, "tick")
      yield* sample(live, "tick")
      assert.deepStrictEqual(lines, ["Info Context sampled"])
    }).pipe(Effect.provide([layerWith(), logged(lines)]))
  })

  it.effect("decide by the thresholds of the settings", () =>
    Effect.gen(function* () {
      const { sample } = yield* UsageLog
      const { live, set } = yield* changing
      const actions: Array<string> = []
      for (const percent of [49.9, 50, 59.9, 60]) {
        yield* set(full(percent))
        actions.push(yield* sample(live, "tick"))
      }
      assert.deepStrictEqual(actions, ["continue", "compact", "compact", "rotate"])
    }).pipe(Effect.provide(layerWith({ compactAt: 0.5, rotateAt: 0.6 })))
  )

  it.effect("are taken again when the store could not keep them", () =>
    Effect.gen(function* () {
      const { sample } = yield* UsageLog
      const { live } = yield* changing
      yield* hide("samples")
      assert.strictEqual((yield* Effect.flip(sample(live, "tick")))._tag, "StoreUnavailable")
      yield* restore("samples")
      yield* sample(live, "tick")
      assert.strictEqual((yield* stored).length, 1)
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("are news once, also for two that look at the same time", () =>
    Effect.gen(function* () {
      const { sample } = yield* UsageLog
      const { live } = yield* changing
      yield* Effect.all([sample(live, "tick"), sample(live, "request")], { concurrency: 2 })
      assert.lengthOf(yield* stored, 1)
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("that come at once are stored together, and one that cannot be is no trouble of the others", () =>
    Effect.gen(function* () {
      const { sample } = yield* UsageLog
      const [first, second, unknown] = [liveSession("a"), liveSession("b"), liveSession("unknown")]
      yield* storeSessions([first, second])
      const tags = yield* Effect.forEach(
        [first, unknown, second],
        (live) => Effect.map(Effect.exit(sample(live, "tick")), ({ _tag }) => _tag),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(tags, ["Success", "Failure", "Success"])
      assert.lengthOf(yield* stored, 2)
    }).pipe(Effect.provide(layerWith()))
  )
})
