import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { LEASE } from "../../src/task/Lease.ts"
import { steadyMillis } from "../../src/storage/SteadyClock.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { jumpingClock } from "../harness/JumpingClock.ts"
import { alter, takenOver } from "../harness/StoreBuilder.ts"
import { countedWrites } from "../harness/Writes.ts"
import { claimOne, observe, TasksOnStore } from "./support.ts"

describe("A claim", () => {
  it.effect("locks nothing while there is nothing to claim", () => {
    const { layer, writes } = countedWrites()
    return Effect.gen(function* () {
      const { claim } = yield* Tasks
      yield* observe(1)
      yield* claimOne
      writes.length = 0
      assert.isNull(yield* claim)
      assert.deepStrictEqual(writes, [])
    }).pipe(Effect.provide(Layer.provideMerge(TasksOnStore, layer)))
  })

  it.effect("is possible when the next task is due: at once, after a rest, or when a lease has run out", () =>
    Effect.gen(function* () {
      const { due, release } = yield* Tasks
      assert.isNull(yield* due)
      yield* observe(1)
      assert.strictEqual(yield* due, 0)
      const first = yield* claimOne
      assert.strictEqual(yield* due, Duration.toMillis(LEASE))
      yield* release(first, Duration.seconds(30), "pause")
      assert.strictEqual(yield* due, 30_000)
      yield* TestClock.adjust("30 seconds")
      yield* claimOne
      yield* observe(2)
      assert.strictEqual(yield* due, 0)
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("holds as long as its lease, wherever the clock is set meanwhile", () => {
    const { jump, layer } = jumpingClock()
    return Effect.gen(function* () {
      const { claim, due, renew } = yield* Tasks
      yield* observe(1)
      const first = yield* claimOne
      for (const by of [Duration.hours(8), Duration.days(-400)]) {
        yield* jump(by)
        assert.isNull(yield* claim)
        yield* TestClock.adjust("40 seconds")
        yield* renew(first)
      }
      yield* TestClock.adjust("59 seconds")
      assert.isNull(yield* claim)
      yield* TestClock.adjust("1 second")
      assert.isAtMost((yield* due) ?? Infinity, yield* steadyMillis)
      assert.strictEqual((yield* claimOne).task.id, first.task.id)
    }).pipe(Effect.provide(Layer.provideMerge(TasksOnStore, layer)))
  })

  it.effect("is not held back by a rest or a lease that no clock of this process can have stored", () =>
    Effect.gen(function* () {
      const { due } = yield* Tasks
      yield* observe(1)
      yield* alter("tasks", { notBefore: Duration.toMillis("365 days") })
      assert.strictEqual(yield* due, 0)
      yield* claimOne
      yield* alter("tasks", { leaseExpiresAt: Duration.toMillis("365 days") })
      assert.strictEqual(yield* due, 0)
      yield* claimOne
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("is never due in a process that no longer holds the store", () =>
    Effect.gen(function* () {
      yield* observe(1)
      yield* takenOver
      const { claim, due } = yield* Tasks
      assert.deepStrictEqual([yield* due, yield* claim], [null, null])
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("is lost to a cancellation and to another claim, and not to its own renewal", () =>
    Effect.gen(function* () {
      const { lost, park, renew } = yield* Tasks
      yield* Effect.forEach([1, 2, 3], (number) => observe(number))
      const claims = [yield* claimOne, yield* claimOne, yield* claimOne] as const
      const [kept, parked, taken] = claims
      yield* park(parked.task.id, "it needs a person")
      yield* alter("tasks", { lease: "another" }, { id: taken.task.id })
      yield* renew(kept)
      assert.deepStrictEqual(yield* lost(claims), [parked, taken])
    }).pipe(Effect.provide(TasksOnStore))
  )
})
