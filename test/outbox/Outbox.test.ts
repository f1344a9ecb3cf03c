import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Outbox } from "../../src/outbox/Outbox.ts"
import type { OutboxEntry } from "../../src/outbox/Outbox.ts"
import { steadyMillis } from "../../src/storage/SteadyClock.ts"
import { jumpingClock } from "../harness/JumpingClock.ts"
import { stored } from "../harness/StoreBuilder.ts"
import { TestStore } from "../harness/TestStore.ts"
import { TASK } from "../harness/Workbench.ts"

const OutboxOnStore = Outbox.layer.pipe(Layer.provideMerge(TestStore))

const NOW = Date.UTC(2026, 5, 1)
const entry = (body: string): OutboxEntry => ({ key: "k", taskId: TASK, needsMandate: true, body })

/** The one row that waits, as a reporter reads it before it looks at the issue. */
const read = Effect.gen(function* () {
  const [row] = yield* (yield* Outbox).pending
  return row ?? (yield* Effect.die("nothing waits"))
})

/** Nothing waits but this text. */
const said = Effect.fnUntraced(function* (body: string) {
  yield* stored.task()
  yield* (yield* Outbox).put(entry(body))
  return yield* read
})

const bodies = Effect.flatMap(Outbox, ({ pending }) => Effect.map(pending, (all) => all.map(({ body }) => body)))

describe("Outbox", () => {
  it.effect("takes a wait for void that no clock of its own can have stored", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      yield* TestClock.setTime(NOW)
      yield* stored.task()
      yield* stored.outbox({ notBefore: NOW + Duration.toMillis("365 days"), body: "after a year" })
      assert.deepStrictEqual([yield* bodies, yield* outbox.due], [["after a year"], 0])
      yield* outbox.postpone(yield* read, NOW + 30_000)
      assert.deepStrictEqual([yield* bodies, yield* outbox.due], [[], NOW + 30_000])
    }).pipe(Effect.provide(OutboxOnStore))
  )

  it.effect("waits for as long as it has to, wherever the clock is set meanwhile", () => {
    const { jump, layer } = jumpingClock()
    return Effect.gen(function* () {
      const outbox = yield* Outbox
      const row = yield* said("later")
      yield* outbox.postpone(row, (yield* steadyMillis) + 30_000)
      for (const by of [Duration.days(-365), Duration.days(800)]) {
        yield* jump(by)
        assert.deepStrictEqual(yield* bodies, [])
      }
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* bodies, ["later"])
    }).pipe(Effect.provide(Layer.provideMerge(OutboxOnStore, layer)))
  })

  it.effect.each(["put", "amend"] as const)("keeps a text that was %s while the one before it was given up", (say) =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const old = yield* said("old")
      yield* outbox[say](entry("new"))
      yield* outbox.drop(old, "the issue is closed")
      assert.deepStrictEqual(yield* bodies, ["new"])
      yield* outbox.drop(yield* read, "the issue is closed")
      assert.deepStrictEqual(yield* bodies, [])
    }).pipe(Effect.provide(OutboxOnStore))
  )

  it.effect.each(["put", "amend"] as const)("keeps a text that was %s while the one before it was written", (say) =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const old = yield* said("old")
      yield* outbox[say](entry("new"))
      yield* outbox.sent(old, 7, 0)
      assert.deepStrictEqual(yield* bodies, ["new"])
      const row = yield* read
      assert.strictEqual(row.commentId, 7)
      yield* outbox.sent(row, 7, 0)
      assert.deepStrictEqual(yield* bodies, [])
    }).pipe(Effect.provide(OutboxOnStore))
  )

  it.effect("says anew only what was said before, and drops what is as it was read", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      yield* outbox.drop(yield* said("old"), "the issue is closed")
      assert.deepStrictEqual(yield* bodies, [])
      yield* outbox.amend({ ...entry("other"), key: "never said" })
      assert.deepStrictEqual(yield* bodies, [])
      yield* outbox.amend(entry("new"))
      assert.deepStrictEqual(yield* bodies, ["new"])
    }).pipe(Effect.provide(OutboxOnStore))
  )
})
