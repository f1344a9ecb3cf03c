import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Ref, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Tasks } from "../../src/task/Tasks.ts"
import { read } from "../harness/StoreReader.ts"
import { observe, taskOf, TasksOnStore } from "../task/support.ts"
import { attempts, done, states, worker } from "./support.ts"
import type { Run } from "./support.ts"

const onStore = Effect.provide(TasksOnStore)

/** A worker that was at work for a second, after its first moment, and is told to stop. */
const stopped = (run: Run) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    yield* Layer.buildWithScope(worker({ run, maxConcurrentAgents: 1 }), scope)
    yield* TestClock.adjust("1200 millis")
    return yield* Effect.forkChild(Scope.close(scope, Exit.void))
  })

describe("TaskWorker when it stops", () => {
  it.effect("lets running turns end within five seconds, and begins nothing new", () =>
    Effect.gen(function* () {
      yield* Effect.forEach([1, 2], (number) => observe(number))
      const closing = yield* stopped(() => Effect.as(Effect.sleep("5 seconds"), done))
      yield* TestClock.adjust("4 seconds")
      yield* Fiber.join(closing)
      assert.deepStrictEqual(yield* states, ["answered", "ready"])
    }).pipe(onStore)
  )

  it.effect("tells its runs so, that they begin no further turn", () =>
    Effect.gen(function* () {
      yield* observe(1)
      const closing = yield* stopped(({ stopping }) =>
        Effect.andThen(
          Effect.sleep("2 seconds"),
          Effect.map(stopping, (is) => (is ? null : done))
        )
      )
      yield* TestClock.adjust("4 seconds")
      yield* Fiber.join(closing)
      assert.deepStrictEqual([yield* states, yield* attempts], [["running"], 0])
    }).pipe(onStore)
  )

  it.effect("aborts what still runs after five seconds, and frees its task without an attempt", () =>
    Effect.gen(function* () {
      yield* observe(1)
      const aborted = yield* Ref.make(false)
      const closing = yield* stopped(() => Effect.onInterrupt(Effect.never, () => Ref.set(aborted, true)))
      yield* TestClock.adjust("4999 millis")
      assert.isFalse(yield* Ref.get(aborted))
      yield* TestClock.adjust("1 milli")
      yield* Fiber.join(closing)
      assert.isTrue(yield* Ref.get(aborted))
      assert.deepStrictEqual(yield* read("tasks", ["state", "lease", "attempts"]), [
        { state: "running", lease: null, attempts: 0 }
      ])
      assert.strictEqual((yield* (yield* Tasks).claim)?.task.id, taskOf(1))
    }).pipe(onStore)
  )
})
