import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { Observation } from "../../src/domain/Mandate.ts"
import type { TaskState } from "../../src/domain/TaskState.ts"
import { Outbox } from "../../src/outbox/Outbox.ts"
import { waitingEntry } from "../../src/outbox/TaskComments.ts"
import { Doorbell } from "../../src/storage/Doorbell.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { alter } from "../harness/StoreBuilder.ts"
import { column } from "../harness/StoreReader.ts"
import { assignedBy, observe, taskOf, TasksOnStore, transitions } from "./support.ts"

const state = Effect.fnUntraced(function* (number: number) {
  return (yield* (yield* Tasks).find(taskOf(number)))?.state
})

/** Puts task 1 into a state, as if it had come there. */
const inState = Effect.fnUntraced(function* (to: TaskState) {
  yield* observe(1)
  yield* alter("tasks", { state: to, attempts: 2, turns: 7, tokens: 70, elapsed: 700 })
  yield* alter("transitions", { to })
})

describe("Tasks whose issue is observed", () => {
  const newer = assignedBy(2)
  it.effect.each([
    ["ready", assignedBy(1), "ready", "same"],
    ["ready", newer, "ready", "same"],
    ["running", newer, "running", "same"],
    ["parked", assignedBy(1), "parked", "same"],
    ["parked", newer, "ready", "continued"],
    ["completed", newer, "ready", "anew"],
    ["failed", newer, "ready", "anew"],
    ["cancelled", newer, "ready", "anew"],
    ["completed", assignedBy(1), "completed", "same"],
    ["completed", Observation.Closed(), "completed", "same"],
    ["ready", Observation.Unassigned(), "cancelled", "same"],
    ["running", Observation.Closed(), "cancelled", "same"],
    ["parked", Observation.Gone(), "cancelled", "same"]
  ] as const)("that are %s follow an observation", ([from, observation, to, account]) =>
    Effect.gen(function* () {
      yield* inState(from)
      const { after: task } = yield* observe(1, observation)
      assert.strictEqual(task?.state, to)
      assert.strictEqual(task?.generation, account === "anew" ? 2 : 1)
      assert.strictEqual(task?.turns, account === "same" ? 7 : 0)
      assert.strictEqual(task?.attempts, account === "same" ? 2 : 0)
      const isNewer = observation._tag === "Assigned" && observation.mandate?.id === 2
      assert.strictEqual(task?.mandate?.id, isNewer ? 2 : 1)
      assert.strictEqual((yield* transitions).length, from === to ? 1 : 2)
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("say on the issue that they were cancelled, except on an issue that is gone", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      yield* observe(1)
      yield* outbox.put(waitingEntry(taskOf(1), null))
      yield* observe(1, Observation.Closed())
      yield* observe(2)
      yield* outbox.put(waitingEntry(taskOf(2), null))
      yield* observe(2, Observation.Gone())
      yield* observe(3)
      yield* observe(3, Observation.Closed())
      const [closed, gone, ...unsaid] = yield* column("outbox", "body")
      assert.include(closed, "Stopped")
      assert.include(gone, "Queued")
      assert.deepStrictEqual(unsaid, [], "where nothing was said, nothing is taken back")
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("ring after the commit of a change of state, and for nothing else", () =>
    Effect.gen(function* () {
      const bell = yield* (yield* Doorbell).listen("tasks")
      const sql = yield* SqlClient.SqlClient
      yield* Effect.andThen(
        observe(1),
        Effect.map(bell.wait(0), (rang) => assert.isFalse(rang))
      ).pipe(sql.withTransaction)
      assert.isTrue(yield* bell.wait(0))
      yield* observe(1)
      assert.isFalse(yield* bell.wait(0))
      yield* observe(1, Observation.Closed())
      assert.isTrue(yield* bell.wait(0))
    }).pipe(Effect.scoped, Effect.provide(TasksOnStore))
  )

  it.effect("are not started an eleventh time within the hour, and are once it has passed", () =>
    Effect.gen(function* () {
      for (let id = 1; id <= 12; id++) {
        yield* observe(1, assignedBy(id))
        yield* observe(1, Observation.Unassigned())
      }
      const ready = Effect.map(transitions, (all) => all.filter((one) => one.includes("> ready:")).length)
      assert.strictEqual(yield* ready, 10)
      assert.strictEqual(yield* state(1), "cancelled")
      yield* TestClock.adjust("1 hour")
      yield* observe(1, assignedBy(13))
      assert.strictEqual(yield* state(1), "ready")
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("that are over are not among the unfinished", () =>
    Effect.gen(function* () {
      const { unfinished } = yield* Tasks
      yield* Effect.forEach([1, 2, 3], (number) => observe(number))
      yield* observe(2, Observation.Closed())
      assert.deepStrictEqual(
        (yield* unfinished).map(({ taskId }) => taskId),
        [taskOf(1), taskOf(3)]
      )
    }).pipe(Effect.provide(TasksOnStore))
  )
})
