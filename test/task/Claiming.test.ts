import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { LEASE } from "../../src/task/Lease.ts"
import { Tasks } from "../../src/task/Tasks.ts"
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
