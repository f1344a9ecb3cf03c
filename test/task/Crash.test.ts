import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Tasks } from "../../src/task/Tasks.ts"
import { column } from "../harness/StoreReader.ts"
import { claimOne, observe, taskOf, TasksOnStore } from "./support.ts"

const NUMBERS = [1, 2, 3]

/** All tasks are claimed and marked as the test says, then the process dies and another one takes the store over. */
const afterCrash = Effect.fnUntraced(function* (steps: Readonly<Record<number, string>>) {
  const { mark } = yield* Tasks
  yield* Effect.forEach(NUMBERS, (number) => observe(number))
  for (const _ of NUMBERS) {
    const claim = yield* claimOne
    const step = steps[claim.task.number]
    if (step !== undefined) yield* mark(claim, step)
  }
  return yield* Effect.provide(Tasks, Layer.fresh(Tasks.layer))
})

const attempts = column("tasks", "attempts")

describe("A crash", () => {
  it.effect("counts against no task that was merely claimed", () =>
    Effect.gen(function* () {
      const { claim } = yield* afterCrash({})
      assert.deepStrictEqual(yield* attempts, [0, 0, 0])
      assert.isNotNull(yield* claim, "and all are handed out again at once")
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("counts against the task whose step was under way, and none of its neighbours", () =>
    Effect.gen(function* () {
      yield* afterCrash({ 2: "tool" })
      assert.deepStrictEqual(yield* attempts, [0, 1, 0])
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("during steps of several counts against none, and from then on these are worked one at a time", () =>
    Effect.gen(function* () {
      const { claim, progress } = yield* afterCrash({ 1: "tool", 3: "tool" })
      assert.deepStrictEqual(yield* attempts, [0, 0, 0])
      const first = yield* claim
      const second = yield* claim
      assert.deepStrictEqual([first?.task.id, second?.task.id], [taskOf(1), taskOf(2)])
      assert.isNull(yield* claim, "the other suspect waits")
      if (first !== null) yield* progress(first, { turns: 0, tokens: 0, elapsed: 0 }, null, Effect.void)
      assert.strictEqual((yield* claim)?.task.id, taskOf(3), "until the first one has got further")
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("during the step of a suspect that is worked alone counts against it", () =>
    Effect.gen(function* () {
      const { claim, mark } = yield* afterCrash({ 1: "tool", 3: "tool" })
      const first = yield* claim
      if (first !== null) yield* mark(first, "replay")
      const next = yield* Effect.provide(Tasks, Layer.fresh(Tasks.layer))
      assert.deepStrictEqual(yield* attempts, [1, 0, 0])
      assert.isNotNull(yield* next.claim)
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("after a step had ended counts against nobody", () =>
    Effect.gen(function* () {
      const { mark } = yield* Tasks
      yield* observe(1)
      const claim = yield* claimOne
      yield* mark(claim, "replay")
      yield* mark(claim, null)
      yield* Effect.provide(Tasks, Layer.fresh(Tasks.layer))
      assert.deepStrictEqual(yield* attempts, [0])
    }).pipe(Effect.provide(TasksOnStore))
  )
})
