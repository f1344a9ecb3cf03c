import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Layer, Ref } from "effect"
import { TestClock } from "effect/testing"
import type { ContextAction } from "../../src/domain/ContextAction.ts"
import type { ContextUsage } from "../../src/domain/ContextUsage.ts"
import { UsageLog } from "../../src/context/UsageLog.ts"
import { full, liveSession, storeSessions } from "../harness/LiveSessions.ts"
import { mocks } from "../harness/Mocks.ts"
import { read } from "../harness/StoreReader.ts"
import { settings } from "../harness/TestSettings.ts"
import { TestStore } from "../harness/TestStore.ts"
import { counted, watch } from "./support.ts"

/** UsageLog that only note when which session was looked at, in seconds. */
const noted = Effect.map(Ref.make<ReadonlyArray<readonly [string, number]>>([]), (looks) => ({
  layer: mocks.UsageLog({
    sample: ({ session }) =>
      Clock.currentTimeMillis.pipe(
        Effect.flatMap((now) => Ref.update(looks, (all) => [...all, [session.id, now / 1_000] as const])),
        Effect.as("continue" as const)
      )
  }),
  of: (id: string) => Effect.map(Ref.get(looks), (all) => all.filter(([session]) => session === id).map(([, at]) => at))
}))

const everyTenSeconds = (until: number) => Array.from({ length: until / 10 + 1 }, (_, index) => index * 10)

describe("ContextMonitor", () => {
  it.effect("looks again every ten seconds", () =>
    Effect.gen(function* () {
      const { layer, of } = yield* noted
      yield* watch([liveSession("a")], { samples: layer })
      yield* TestClock.adjust("9999 millis")
      assert.deepStrictEqual(yield* of("a"), [0])
      yield* TestClock.adjust("51 seconds")
      assert.deepStrictEqual(yield* of("a"), everyTenSeconds(60))
    })
  )

  it.effect("looks as often as CONTEXT_POLL_INTERVAL says", () =>
    Effect.gen(function* () {
      const { layer, of } = yield* noted
      yield* watch([liveSession("a")], { samples: layer, settings: { contextPollInterval: Duration.seconds(3) } })
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(yield* of("a"), [0, 3, 6, 9])
    })
  )

  const real = UsageLog.layer.pipe(Layer.provideMerge(TestStore), Layer.provide(settings()))

  it.effect("proposes to compact from 80 % and to rotate from 95 % on, and leaves the others alone", () =>
    Effect.gen(function* () {
      const proposals: Array<readonly [number, ContextAction]> = []
      const live = [79.9, 80, 94.9, 95].map((percent) =>
        liveSession(`at ${percent}`, {
          usage: Effect.succeed(full(percent)),
          propose: (action) => Effect.sync(() => void proposals.push([percent, action]))
        })
      )
      yield* storeSessions(live)
      yield* watch(live, { samples: Layer.succeed(UsageLog, yield* UsageLog) })
      yield* TestClock.adjust(0)
      assert.sameDeepMembers(proposals, [
        [80, "compact"],
        [94.9, "compact"],
        [95, "rotate"]
      ])
      assert.deepStrictEqual(yield* read("samples", ["sessionId", "action", "by"], { sessionId: "at 79.9" }), [
        { sessionId: "at 79.9", action: "continue", by: "tick" }
      ])
    }).pipe(Effect.provide(real))
  )

  it.effect("counts unknown usage, and never takes it for zero", () =>
    Effect.gen(function* () {
      const usage = yield* Ref.make<ContextUsage | null>(null)
      const proposals: Array<ContextAction> = []
      const live = liveSession("a", {
        usage: Ref.get(usage),
        needsCount: Effect.map(Ref.get(usage), (known) => known === null),
        poll: Ref.set(usage, full(96)),
        propose: (action) => Effect.sync(() => void proposals.push(action))
      })
      const uncounted = liveSession("b", { usage: Effect.succeed(null) })
      yield* storeSessions([live, uncounted])
      yield* watch([live, uncounted], { samples: Layer.succeed(UsageLog, yield* UsageLog) })
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(proposals, ["rotate"])
      assert.sameDeepMembers(
        [...(yield* read("samples", ["sessionId", "used"]))],
        [
          { sessionId: "a", used: 192_000 },
          { sessionId: "b", used: null }
        ]
      )
    }).pipe(Effect.provide(real))
  )

  it.effect("polls only when a count can change the answer", () =>
    Effect.gen(function* () {
      const poll = yield* counted(Effect.void)
      const needed = yield* Ref.make(false)
      yield* watch([liveSession("a", { needsCount: Ref.get(needed), poll: poll.effect })])
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* poll.runs, 0)
      yield* Ref.set(needed, true)
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* poll.runs, 2)
    })
  )

  it.effect("is not delayed by a session whose count hangs for ever", () =>
    Effect.gen(function* () {
      const { layer, of } = yield* noted
      const hanging = yield* counted(Effect.never)
      const live = [
        liveSession("a"),
        liveSession("hangs", { needsCount: Effect.succeed(true), poll: hanging.effect }),
        liveSession("b")
      ]
      yield* watch(live, { samples: layer })
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* of("a"), everyTenSeconds(3_600))
      assert.deepStrictEqual(yield* of("b"), everyTenSeconds(3_600))
      assert.isAbove((yield* of("hangs")).length, 10)
      assert.isAbove(yield* hanging.runs, 10)
    })
  )
})
