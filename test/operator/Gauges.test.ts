import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Metric } from "effect"
import { TestClock } from "effect/testing"
import { SqlClient } from "effect/sql"
import * as Metrics from "../../src/telemetry/Metrics.ts"
import { Gauges } from "../../src/operator/Gauges.ts"
import { Outbox } from "../../src/outbox/Outbox.ts"
import { TestStore } from "../harness/TestStore.ts"

const Surroundings = Gauges.layer.pipe(
  Layer.provide(Outbox.layer),
  Layer.provideMerge(TestStore),
  Layer.provideMerge(Layer.sync(Metric.MetricRegistry, () => new Map()))
)

const storeReady = Effect.fnUntraced(function* (number: number, readyAt: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`insert into tasks (id, repository_id, number, full_name, title, state, priority, cause, ready_at, created_at, updated_at)
    values (${`1/${number}`}, 1, ${number}, 'acme/shop', 'Slow search', 'ready', 2, 'assigned', ${readyAt}, 0, 0)`
})

const figures = Effect.gen(function* () {
  yield* (yield* Gauges).refresh
  const { value: ready } = yield* Metric.value(Metrics.tasksIn("ready"))
  const { value: parked } = yield* Metric.value(Metrics.tasksIn("parked"))
  const { value: age } = yield* Metric.value(Metrics.queueAge)
  const { value: pending } = yield* Metric.value(Metrics.outboxPending)
  return { ready, parked, age, pending }
})

describe("Gauges", () => {
  it.effect("are what the store says, the age that of the task which waits longest", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(60_000)
      yield* storeReady(1, 20_000)
      yield* storeReady(2, 50_000)
      const sql = yield* SqlClient.SqlClient
      yield* sql`insert into outbox (key, task_id, needs_mandate, body, created_at) values ('k', '1/1', 1, '', 0)`
      assert.deepStrictEqual(yield* figures, { ready: 2, parked: 0, age: 40, pending: 1 })
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("are all 0 where there is nothing", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* figures, { ready: 0, parked: 0, age: 0, pending: 0 })
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("are read once a second at most", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* figures, { ready: 0 })
      yield* storeReady(1, 0)
      yield* TestClock.adjust("999 millis")
      assert.deepInclude(yield* figures, { ready: 0 })
      yield* TestClock.adjust("1 millis")
      assert.deepInclude(yield* figures, { ready: 1 })
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("are not numbers while the store cannot be read", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`alter table outbox rename to gone`
      assert.deepStrictEqual(yield* figures, { ready: NaN, parked: NaN, age: NaN, pending: NaN })
    }).pipe(Effect.provide(Surroundings))
  )
})
