import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { Doorbell } from "../../src/storage/Doorbell.ts"
import { warned } from "../harness/Logged.ts"
import { TestStore } from "../harness/TestStore.ts"

const onStore = Effect.provide(TestStore)

/** Follows the outbox with these looks, one after the other and then none; gives the seconds in which it looked. */
const following = Effect.fnUntraced(function* (
  ...looks: ReadonlyArray<(doorbell: Doorbell["Service"]) => Effect.Effect<number | null, string>>
) {
  const doorbell = yield* Doorbell
  const at: Array<number> = []
  const look = Effect.gen(function* () {
    const next = looks[at.length]
    at.push((yield* Clock.currentTimeMillis) / 1000)
    return next === undefined ? null : yield* next(doorbell)
  })
  yield* Effect.forkChild(doorbell.follow("outbox", "Cannot look", look), { startImmediately: true })
  return at
})

describe("Doorbell", () => {
  it.effect("rings for every listener of its channel and for no other", () =>
    Effect.gen(function* () {
      const { listen, ring } = yield* Doorbell
      const [one, two, other] = [yield* listen("tasks"), yield* listen("tasks"), yield* listen("outbox")]
      yield* ring("tasks")
      assert.deepStrictEqual([yield* one.wait(0), yield* two.wait(0), yield* other.wait(0)], [true, true, false])
    }).pipe(Effect.scoped, onStore)
  )

  it.effect("wakes who waits already", () =>
    Effect.gen(function* () {
      const { listen, ring } = yield* Doorbell
      const bell = yield* listen("tasks")
      const waiting = yield* Effect.forkChild(bell.wait(null), { startImmediately: true })
      yield* TestClock.adjust("1 day")
      assert.isUndefined(waiting.pollUnsafe())
      yield* ring("tasks")
      assert.isTrue(yield* Fiber.join(waiting))
    }).pipe(Effect.scoped, onStore)
  )

  it.effect("rings once for all rings since the last wait", () =>
    Effect.gen(function* () {
      const { listen, ring } = yield* Doorbell
      const bell = yield* listen("tasks")
      yield* Effect.replicateEffect(ring("tasks"), 3)
      assert.deepStrictEqual([yield* bell.wait(0), yield* bell.wait(0)], [true, false])
    }).pipe(Effect.scoped, onStore)
  )

  it.effect("rings after the commit of the transaction around it, and not at all when that is rolled back", () =>
    Effect.gen(function* () {
      const { listen, ring } = yield* Doorbell
      const sql = yield* SqlClient.SqlClient
      const bell = yield* listen("tasks")
      const within = yield* ring("tasks").pipe(Effect.andThen(bell.wait(0)), sql.withTransaction)
      assert.deepStrictEqual([within, yield* bell.wait(0)], [false, true])
      yield* ring("tasks").pipe(Effect.andThen(Effect.fail("undo")), sql.withTransaction, Effect.flip)
      assert.isFalse(yield* bell.wait(0))
    }).pipe(Effect.scoped, onStore)
  )

  it.effect("makes its follower look at once, and then only when it rings", () =>
    Effect.gen(function* () {
      const at = yield* following()
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(at, [0])
      yield* (yield* Doorbell).ring("outbox")
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(at, [0, 3600])
    }).pipe(onStore)
  )

  it.effect("makes its follower look when what it found is due, or earlier when it rings", () =>
    Effect.gen(function* () {
      const at = yield* following(
        () => Effect.succeed(30_000),
        () => Effect.succeed(90_000)
      )
      yield* TestClock.adjust("60 seconds")
      assert.deepStrictEqual(at, [0, 30])
      yield* (yield* Doorbell).ring("outbox")
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(at, [0, 30, 60])
    }).pipe(onStore)
  )

  // What a look has not seen any more must not wait for the ring after next.
  it.effect("is heard when it rings between a look and the wait that follows", () =>
    Effect.gen(function* () {
      const ringing = ({ ring }: Doorbell["Service"]) => Effect.as(ring("outbox"), null)
      const at = yield* following(ringing, ringing)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(at, [0, 0, 0])
    }).pipe(onStore)
  )

  it.effect("is heard when it rings just as the time to wait is over", () =>
    Effect.gen(function* () {
      const at = yield* following(({ ring }: Doorbell["Service"]) =>
        Effect.as(Effect.forkChild(Effect.delay(ring("outbox"), "30 seconds")), 30_000)
      )
      yield* TestClock.adjust("1 hour")
      assert.isAtLeast(at.length, 2)
      assert.strictEqual(at.at(-1), 30)
    }).pipe(onStore)
  )

  it.effect("keeps following when a look fails, a second later, and says so once until it works", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const at = yield* following(
        () => Effect.fail("the disk"),
        () => Effect.die("a fault"),
        () => Effect.succeed(10_000),
        () => Effect.fail("the disk")
      )
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(at, [0, 1, 2, 10, 11])
      assert.deepStrictEqual(lines, ["Error Cannot look", "Error Cannot look"])
    }).pipe(Effect.provide(Layer.provideMerge(TestStore, warned(lines))))
  })
})
