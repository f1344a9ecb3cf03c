import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Metric, Ref, References } from "effect"
import { TestClock } from "effect/testing"
import { ModelUnavailable } from "../../src/anthropic/ModelError.ts"
import * as Metrics from "../../src/telemetry/Metrics.ts"
import { StoreUnavailable } from "../../src/storage/StoreUnavailable.ts"
import { liveSession } from "../harness/LiveSessions.ts"
import { logged } from "../harness/Logged.ts"
import { mocks } from "../harness/Mocks.ts"
import { TASK } from "../harness/Workbench.ts"
import { counted, watch } from "./support.ts"

const down = new ModelUnavailable({ operation: "count", requestId: null, kind: "connection" })
const sick = new ModelUnavailable({ operation: "count", requestId: null, kind: "server" })

const FAILED = "Warn Context check failed"
const WORKS = "Info Context check works again"

const failures = Effect.map(Metric.value(Metrics.contextLookFailures), ({ count }) => Number(count))

const needsCount = Effect.succeed(true)

describe("ContextMonitor in trouble", () => {
  it.effect("logs a failing poll once per change, counts each, rests longer each time, and recovers", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const outcome = yield* Ref.make<Effect.Effect<void, ModelUnavailable>>(Effect.fail(down))
      const poll = yield* counted(Effect.flatten(Ref.get(outcome)))
      const before = yield* failures
      yield* watch([liveSession("a", { needsCount, poll: poll.effect })])
      // Polls at 0, 10, 30 and 70 s: rests of 10, 20, 40 and 80 s.
      yield* TestClock.adjust("149 seconds")
      assert.strictEqual(yield* poll.runs, 4)
      assert.deepStrictEqual(lines, [FAILED])
      yield* Ref.set(outcome, Effect.fail(sick))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([yield* poll.runs, (yield* failures) - before], [5, 5])
      assert.deepStrictEqual(lines, [FAILED, FAILED])
      yield* Ref.set(outcome, Effect.void)
      yield* TestClock.adjust("160 seconds")
      assert.deepStrictEqual(lines, [FAILED, FAILED, WORKS])
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* poll.runs, 8)
      assert.strictEqual((yield* failures) - before, 5)
    }).pipe(Effect.provide(logged(lines)))
  })

  it.effect("asks at least every five minutes, however long it failed", () =>
    Effect.gen(function* () {
      const poll = yield* counted(Effect.fail(down))
      yield* watch([liveSession("a", { needsCount, poll: poll.effect })])
      yield* TestClock.adjust("2 hours")
      const before = yield* poll.runs
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* poll.runs) - before, 12)
    })
  )

  it.effect("goes on deciding by the last figure while the poll fails", () =>
    Effect.gen(function* () {
      const looks = yield* counted(Effect.succeed("continue" as const))
      yield* watch([liveSession("a", { needsCount, poll: Effect.fail(down) })], {
        samples: mocks.UsageLog({ sample: () => looks.effect })
      })
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* looks.runs, 7)
    })
  )

  it.effect("gives a poll that hangs up after half a minute, and says so once", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      yield* watch([liveSession("a", { needsCount, poll: Effect.never })])
      yield* TestClock.adjust("29 seconds")
      assert.deepStrictEqual(lines, [])
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(lines, [FAILED])
    }).pipe(Effect.provide(logged(lines)))
  })

  it.effect.each([
    ["the store is unavailable", Effect.fail(new StoreUnavailable({ cause: "disk" }))],
    ["its look has a defect", Effect.die("a fault of ours")]
  ] as const)("looks on at every session when for one of them %s", ([, trouble]) => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const outcome = yield* Ref.make<Effect.Effect<"continue", StoreUnavailable>>(trouble)
      const ill = yield* counted(Effect.flatten(Ref.get(outcome)))
      const well = yield* counted(Effect.succeed("continue" as const))
      const before = yield* failures
      yield* watch([liveSession("ill"), liveSession("well")], {
        samples: mocks.UsageLog({ sample: ({ session }) => (session.id === "ill" ? ill.effect : well.effect) })
      })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([yield* ill.runs, yield* well.runs], [3, 7])
      assert.strictEqual((yield* failures) - before, 3)
      assert.deepStrictEqual(lines, [FAILED])
      yield* Ref.set(outcome, Effect.succeed("continue"))
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual([yield* ill.runs, yield* well.runs], [5, 9])
      assert.deepStrictEqual(lines, [FAILED, WORKS])
    }).pipe(Effect.provide(logged(lines)))
  })

  it.effect("names the session and the task, whichever way it looked", () => {
    const told = new Set<string>()
    const ids = Logger.layer([
      Logger.make(({ fiber, message }) => {
        const { session, task } = fiber.getRef(References.CurrentLogAnnotations)
        told.add(`${String([message].flat()[0])}: ${String(session)} of ${String(task)}`)
      })
    ])
    return Effect.gen(function* () {
      const broken = yield* Ref.make(true)
      const some = Effect.fnUntraced(function* <A>(actions: A) {
        return (yield* Ref.get(broken)) ? yield* new StoreUnavailable({ cause: "disk" }) : actions
      })
      const samples = mocks.UsageLog({
        sample: () => some("continue" as const),
        sampleAll: (live) => some(live.map(() => "continue" as const))
      })
      yield* watch([liveSession("a"), liveSession("b", { needsCount, poll: Effect.fail(down) })], { samples })
      yield* TestClock.adjust("1 second")
      yield* Ref.set(broken, false)
      yield* TestClock.adjust("20 seconds")
      assert.sameMembers(
        [...told],
        [
          `Context check failed: a of ${TASK}`,
          `Context check works again: a of ${TASK}`,
          `Context check failed: b of ${TASK}`,
          `Context check works again: b of ${TASK}`
        ]
      )
    }).pipe(Effect.provide(ids))
  })

  it.effect("keeps the trouble of polls and of looks apart", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const samples = mocks.UsageLog({ sample: () => Effect.fail(new StoreUnavailable({ cause: "disk" })) })
      yield* watch([liveSession("a", { needsCount, poll: Effect.void })], { samples })
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(lines, [FAILED])
    }).pipe(Effect.provide(logged(lines)))
  })
})
