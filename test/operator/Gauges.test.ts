import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Metric } from "effect"
import { TestClock } from "effect/testing"
import * as Metrics from "../../src/telemetry/Metrics.ts"
import { Gauges } from "../../src/operator/Gauges.ts"
import { taskIdOf } from "../../src/domain/Task.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { Outbox } from "../../src/outbox/Outbox.ts"
import { stored } from "../harness/StoreBuilder.ts"
import { hide } from "../harness/StoreTrouble.ts"
import { TestStore } from "../harness/TestStore.ts"

const Surroundings = Gauges.layer.pipe(
  Layer.provideMerge(Tasks.layer),
  Layer.provide(Outbox.layer),
  Layer.provideMerge(TestStore),
  Layer.provideMerge(Layer.sync(Metric.MetricRegistry, () => new Map()))
)

const figures = Effect.gen(function* () {
  yield* (yield* Gauges).refresh
  const { value: ready } = yield* Metric.value(Metrics.tasksIn("ready"))
  const { value: parked } = yield* Metric.value(Metrics.tasksIn("parked"))
  const { value: waiting } = yield* Metric.value(Metrics.tasksWaiting)
  const { value: age } = yield* Metric.value(Metrics.queueAge)
  const { value: pending } = yield* Metric.value(Metrics.outboxPending)
  return { ready, parked, waiting, age, pending }
})

describe("Gauges", () => {
  it.effect("are what the store says, the age that of the task which waits longest", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(60_000)
      yield* stored.task({ readyAt: 20_000 })
      yield* stored.task({ number: 58, readyAt: 50_000 })
      yield* stored.task({ number: 59, state: "running" })
      yield* stored.task({ number: 60, state: "running" })
      yield* stored.outbox()
      const { waitsFor } = yield* Tasks
      yield* waitsFor(taskIdOf(21, 60), [{ id: taskIdOf(21, 61), name: "inkwell/letterpress#61" }])
      assert.deepStrictEqual(yield* figures, { ready: 2, parked: 0, waiting: 1, age: 40, pending: 1 })
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("are all 0 where there is nothing", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* figures, { ready: 0, parked: 0, waiting: 0, age: 0, pending: 0 })
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("are read once a second at most", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* figures, { ready: 0 })
      yield* stored.task()
      yield* TestClock.adjust("999 millis")
      assert.deepInclude(yield* figures, { ready: 0 })
      yield* TestClock.adjust("1 millis")
      assert.deepInclude(yield* figures, { ready: 1 })
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("are not numbers while the store cannot be read", () =>
    Effect.gen(function* () {
      yield* hide("outbox")
      assert.deepStrictEqual(yield* figures, { ready: NaN, parked: NaN, waiting: NaN, age: NaN, pending: NaN })
    }).pipe(Effect.provide(Surroundings))
  )
})
