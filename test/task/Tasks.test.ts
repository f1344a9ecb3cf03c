import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Outbox } from "../../src/outbox/Outbox.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { count, dump, read } from "../harness/StoreReader.ts"
import { assignedBy, claimOne, observe, taskOf, TasksOnStore, transitions } from "./support.ts"

const state = Effect.fnUntraced(function* (number = 1) {
  return (yield* (yield* Tasks).find(taskOf(number)))?.state
})

describe("Tasks", () => {
  it.effect.prop(
    "are claimed by priority, then age",
    { waiting: Schema.Array(Schema.Literals([0, 1, 2, 3])).check(Schema.isMaxLength(8)) },
    ({ waiting }) =>
      Effect.gen(function* () {
        const { claim } = yield* Tasks
        for (const [index, priority] of waiting.entries()) {
          yield* observe(index + 1, assignedBy(1), priority)
          yield* TestClock.adjust("1 second")
        }
        const order: Array<readonly [number, number]> = []
        for (let next = yield* claim; next !== null; next = yield* claim) {
          order.push([next.task.priority, next.task.number])
        }
        const expected = waiting.map((priority, index) => [priority, index + 1] as const)
        assert.deepStrictEqual(
          order,
          expected.toSorted(([a, x], [b, y]) => a - b || x - y)
        )
      }).pipe(Effect.provide(TasksOnStore)),
    { arbitrary: { runs: 20 } }
  )

  it.effect("are told apart from ids that have no task", () =>
    Effect.gen(function* () {
      const { existing } = yield* Tasks
      yield* observe(1)
      yield* observe(3)
      assert.deepStrictEqual([...(yield* existing([3, 2, 1, 3].map(taskOf)))].toSorted(), [taskOf(1), taskOf(3)])
      assert.deepStrictEqual([...(yield* existing([]))], [])
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("are handed out once, and running then", () =>
    Effect.gen(function* () {
      const { claim } = yield* Tasks
      yield* observe(1)
      const claims = yield* Effect.all([claim, claim, claim], { concurrency: "unbounded" })
      assert.strictEqual(claims.filter((one) => one !== null).length, 1)
      assert.strictEqual(yield* state(), "running")
      assert.deepStrictEqual(yield* transitions, [
        "none > ready: assigned to the bot",
        "ready > running: claimed by a worker"
      ])
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("are handed out again once a lease was not renewed for a minute, which is no attempt", () =>
    Effect.gen(function* () {
      const { claim, renew } = yield* Tasks
      yield* observe(1)
      const first = yield* claimOne
      yield* TestClock.adjust("40 seconds")
      yield* renew(first)
      yield* TestClock.adjust("59 seconds")
      assert.isNull(yield* claim)
      yield* TestClock.adjust("1 second")
      const second = yield* claimOne
      assert.deepStrictEqual([first.task.attempts, second.task.attempts], [0, 0])
      assert.notStrictEqual(second.lease, first.lease)
      assert.strictEqual((yield* Effect.flip(renew(first)))._tag, "LeaseLost")
      assert.strictEqual((yield* transitions).length, 2)
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("whose lease is lost take no write, no transition and no report of that run", () =>
    Effect.gen(function* () {
      const tasks = yield* Tasks
      const outbox = yield* Outbox
      yield* observe(1)
      const lost = yield* claimOne
      yield* TestClock.adjust("1 minute")
      yield* claimOne
      const all = Effect.all([transitions, dump("outbox"), dump("tasks")])
      const before = yield* all
      const entry = { key: "late", taskId: lost.task.id, needsMandate: true, body: "late" }
      const writes = [
        tasks.fenced(lost, outbox.put(entry)),
        tasks.move(lost, "completed", "late", outbox.put(entry)),
        tasks.release(lost, Duration.zero, "pause"),
        tasks.renew(lost)
      ]
      for (const write of writes) assert.strictEqual((yield* Effect.flip(write))._tag, "LeaseLost")
      assert.deepStrictEqual(yield* all, before)
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("undo a fenced write that fails", () =>
    Effect.gen(function* () {
      const tasks = yield* Tasks
      const outbox = yield* Outbox
      yield* observe(1)
      const claim = yield* claimOne
      const entry = { key: "half", taskId: claim.task.id, needsMandate: true, body: "half" }
      yield* Effect.flip(tasks.fenced(claim, Effect.andThen(outbox.put(entry), Effect.fail("no"))))
      assert.strictEqual(yield* count("outbox", { key: "half" }), 0)
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("are released for a while: a pause is no attempt, a fault is one", () =>
    Effect.gen(function* () {
      const { claim, release } = yield* Tasks
      yield* observe(1)
      yield* release(yield* claimOne, Duration.seconds(30), "pause")
      yield* TestClock.adjust("29 seconds")
      assert.isNull(yield* claim)
      yield* TestClock.adjust("1 second")
      const again = yield* claimOne
      assert.strictEqual(again.task.attempts, 0)
      yield* release(again, Duration.zero, "attempt")
      assert.strictEqual((yield* claimOne).task.attempts, 1)
      assert.strictEqual((yield* transitions).length, 2)
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("end a claim with a transition, its cause and time, and its report in one commit", () =>
    Effect.gen(function* () {
      const tasks = yield* Tasks
      const outbox = yield* Outbox
      yield* observe(1)
      const claim = yield* claimOne
      yield* TestClock.setTime(9_000)
      const entry = { key: "report", taskId: claim.task.id, needsMandate: true, body: "done" }
      yield* tasks.move(claim, "completed", "the answer was given", outbox.put(entry))
      assert.deepStrictEqual((yield* read("transitions", ["from", "to", "cause", "at"])).at(-1), {
        from: "running",
        to: "completed",
        cause: "the answer was given",
        at: 9_000
      })
      assert.strictEqual(yield* count("outbox", { key: "report" }), 1)
      assert.isNull(yield* tasks.claim)
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("refuse a forbidden move, and change nothing", () =>
    Effect.gen(function* () {
      const tasks = yield* Tasks
      yield* observe(1)
      const error = yield* Effect.flip(tasks.move(yield* claimOne, "running", "odd", Effect.void))
      assert.include(error.message, "cannot go from running to running")
      assert.strictEqual(yield* state(), "running")
      yield* tasks.move(yield* Effect.andThen(TestClock.adjust("1 minute"), claimOne), "completed", "done", Effect.void)
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("are free again at once after a restart, without a transition", () =>
    Effect.gen(function* () {
      yield* observe(1)
      const first = yield* claimOne
      const before = yield* transitions
      const restarted = Tasks.layer.pipe(Layer.fresh)
      const again = yield* Effect.provide(claimOne, restarted)
      assert.strictEqual(again.task.id, first.task.id)
      assert.deepStrictEqual(yield* transitions, before)
      assert.strictEqual((yield* Effect.flip((yield* Tasks).renew(first)))._tag, "LeaseLost")
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("wait after a restart for nothing that was waited for before it, such as another token", () =>
    Effect.gen(function* () {
      const tasks = yield* Tasks
      yield* observe(1)
      yield* tasks.release(yield* claimOne, Duration.minutes(5), "pause")
      const outbox = yield* Outbox
      yield* outbox.put({ key: "late", taskId: taskOf(1), needsMandate: true, body: "late" })
      const row = (yield* outbox.pending).find(({ key }) => key === "late")
      if (row !== undefined) yield* outbox.postpone(row, 300_000)
      assert.isNull(yield* tasks.claim)
      assert.notInclude(
        (yield* outbox.pending).map(({ key }) => key),
        "late"
      )
      const again = yield* Effect.provide(claimOne, Layer.fresh(Tasks.layer))
      assert.strictEqual(again.task.id, taskOf(1))
      const pending = yield* Effect.provide(
        Effect.flatMap(Outbox, (restarted) => restarted.pending),
        Layer.fresh(Outbox.layer)
      )
      assert.include(
        pending.map(({ key }) => key),
        "late"
      )
    }).pipe(Effect.provide(TasksOnStore))
  )
})
