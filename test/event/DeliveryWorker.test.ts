import { assert, describe, it } from "@effect/vitest"
import { Array, Clock, Duration, Effect, Latch, Layer } from "effect"
import { TestClock } from "effect/testing"
import { DeliveryId } from "../../src/domain/Delivery.ts"
import { Observation } from "../../src/domain/Mandate.ts"
import { numberOf, taskIdOf } from "../../src/domain/Task.ts"
import type { TaskId } from "../../src/domain/Task.ts"
import { DeliveryWorker } from "../../src/event/DeliveryWorker.ts"
import { Inbox } from "../../src/event/Inbox.ts"
import { fromStatus } from "../../src/gitea/GiteaError.ts"
import type { GiteaError } from "../../src/gitea/GiteaError.ts"
import type { Look } from "../../src/issue/IssueReader.ts"
import { issueEvent, REPOSITORY } from "../harness/Deliveries.ts"
import { logged } from "../harness/Logged.ts"
import { mocks } from "../harness/Mocks.ts"
import { observing } from "../harness/Observing.ts"
import { stored } from "../harness/StoreBuilder.ts"
import { count, read } from "../harness/StoreReader.ts"
import { settings } from "../harness/TestSettings.ts"
import { TestInbox } from "../harness/TestInbox.ts"

const A = taskIdOf(REPOSITORY.id, 1)
const B = taskIdOf(REPOSITORY.id, 2)
const UNASSIGNED: Look = { subject: null, issue: null, observation: Observation.Unassigned() }
const DOWN = fromStatus("read issue", 503, undefined)

type At = (id: TaskId) => Effect.Effect<Look, GiteaError>

/** The router over a real inbox; looks are scripted, and applied without a task. */
const routing = (at: At, lines: Array<string> = []) =>
  DeliveryWorker.pipe(
    Layer.provide([mocks.Gaps({}), observing(({ taskId }) => at(taskId))]),
    Layer.provideMerge(TestInbox),
    Layer.provide(Layer.mergeAll(settings(), logged(lines)))
  )

const deliver = Effect.fnUntraced(function* (taskId: TaskId, id: string) {
  const inbox = yield* Inbox
  yield* inbox.accept({
    delivery: DeliveryId.make(id),
    bodyHash: `hash of ${id}`,
    event: "issues",
    action: "assigned",
    body: id,
    issue: issueEvent({ issue: { number: numberOf(taskId) } })
  })
})

const statuses = Effect.map(read("deliveries", ["deliveryId", "status"]), (all) =>
  all.map(({ deliveryId, status }) => `${deliveryId} ${status}`)
)

describe("DeliveryWorker", () => {
  it.effect("settles all that wait for an issue by one look", () => {
    const looks: Array<TaskId> = []
    const at: At = (id) => Effect.sync(() => (looks.push(id), UNASSIGNED))
    return Effect.gen(function* () {
      const together = [deliver(A, "a1"), deliver(A, "a2"), deliver(A, "a3"), deliver(B, "b1")]
      yield* Effect.all(together, { concurrency: "unbounded" })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* statuses, ["a1 done", "a2 done", "a3 done", "b1 done"])
      assert.deepStrictEqual(looks, [A, B])
    }).pipe(Effect.provide(routing(at)))
  })

  it.effect("settles what arrives during a look by another one, at once", () => {
    const gate = Latch.makeUnsafe(false)
    const looks: Array<TaskId> = []
    const at: At = (id) => Effect.sync(() => looks.push(id)).pipe(Effect.andThen(gate.await), Effect.as(UNASSIGNED))
    return Effect.gen(function* () {
      yield* deliver(A, "a1")
      yield* TestClock.adjust(0)
      yield* deliver(A, "a2")
      yield* TestClock.adjust(0)
      assert.deepStrictEqual([looks, yield* statuses], [[A], ["a1 accepted", "a2 accepted"]])
      yield* gate.open
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(
        [looks, yield* statuses],
        [
          [A, A],
          ["a1 done", "a2 done"]
        ]
      )
    }).pipe(Effect.provide(routing(at)))
  })

  it.effect("leaves deliveries waiting after a failed look, rests longer each time, and lets the others go on", () => {
    const lines: Array<string> = []
    const looks: Array<number> = []
    let down = true
    const at: At = (id) =>
      Effect.gen(function* () {
        if (id === B) return UNASSIGNED
        looks.push(yield* Clock.currentTimeMillis)
        return down ? yield* DOWN : UNASSIGNED
      })
    return Effect.gen(function* () {
      yield* deliver(A, "a1")
      yield* deliver(B, "b1")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* statuses, ["a1 accepted", "b1 done"])
      yield* TestClock.adjust("30 minutes")
      yield* deliver(B, "b2")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* statuses, ["a1 accepted", "b1 done", "b2 done"])

      const rests = Array.zipWith(looks, looks.slice(1), (from, to) => Math.floor((to - from) / 1000))
      assert.deepStrictEqual(rests.slice(0, 4), [4, 8, 16, 32])
      assert.strictEqual(Math.max(...rests), Duration.toSeconds("5 minutes"))
      assert.deepStrictEqual(lines, ["Warn Issue cannot be read"])

      down = false
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(yield* statuses, ["a1 done", "b1 done", "b2 done"])
    }).pipe(Effect.provide(routing(at, lines)))
  })

  it.effect("begins with the shortest rest again after a look that went well", () => {
    const looks: Array<number> = []
    const answers = [DOWN, DOWN, null, DOWN, null]
    const at: At = () =>
      Effect.gen(function* () {
        const answer = answers[looks.length] ?? null
        looks.push(yield* Clock.currentTimeMillis)
        return answer === null ? UNASSIGNED : yield* answer
      })
    return Effect.gen(function* () {
      yield* deliver(A, "a1")
      yield* TestClock.adjust("1 minute")
      assert.lengthOf(looks, 3)
      yield* deliver(A, "a2")
      yield* TestClock.adjust("1 minute")
      assert.lengthOf(looks, 5)
      const [, , , fourth = 0, fifth = 0] = looks
      assert.strictEqual(Math.floor((fifth - fourth) / 1000), 4)
    }).pipe(Effect.provide(routing(at)))
  })

  it.effect("gives up what stays out of sight for more than an hour, and says so", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      yield* deliver(A, "a1")
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* statuses, ["a1 accepted"])
      yield* TestClock.adjust("30 minutes")
      assert.deepStrictEqual(yield* statuses, ["a1 failed"])
      assert.deepStrictEqual(lines, ["Warn Issue cannot be read", "Warn Deliveries given up"])
    }).pipe(Effect.provide(routing(() => Effect.fail(fromStatus("read repository", 404, undefined)), lines)))
  })

  it.effect("survives a look that breaks", () => {
    const lines: Array<string> = []
    const at: At = (id) => (id === A ? Effect.die("broken") : Effect.succeed(UNASSIGNED))
    return Effect.gen(function* () {
      yield* deliver(A, "a1")
      yield* TestClock.adjust("1 second")
      yield* deliver(B, "b1")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* statuses, ["a1 accepted", "b1 done"])
      assert.include(lines, "Error Delivery could not be handled")
    }).pipe(Effect.provide(routing(at, lines)))
  })

  it.effect("looks at a new issue at once, however many are out of sight, and at none of these while it rests", () => {
    const OUT_OF_SIGHT = 1_100
    const looks: Array<TaskId> = []
    const refused = Effect.fail(fromStatus("read repository", 404, undefined))
    const at: At = (id) =>
      Effect.sync(() => looks.push(id)).pipe(
        Effect.andThen(Effect.sleep("1 second")),
        Effect.andThen(id === A ? Effect.succeed(UNASSIGNED) : refused)
      )
    return Effect.gen(function* () {
      const others = Array.range(100, 99 + OUT_OF_SIGHT)
      yield* Effect.forEach(others, (number) => deliver(taskIdOf(REPOSITORY.id, number), `d${number}`))
      yield* TestClock.adjust("5 minutes")
      yield* deliver(A, "a1")
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(yield* count("deliveries", { deliveryId: "a1", status: "done" }), 1)
      assert.strictEqual(yield* count("deliveries", { status: "accepted" }), OUT_OF_SIGHT)
      assert.deepStrictEqual(
        looks.filter((id) => id === A),
        [A]
      )
    }).pipe(Effect.provide(routing(at)))
  })

  it.effect("looks at a new issue before it has looked at a crowd that came before it", () => {
    const CROWD = 1_000
    const at: At = (id) =>
      Effect.andThen(
        Effect.sleep("1 second"),
        id === A ? Effect.succeed(UNASSIGNED) : Effect.fail(fromStatus("read repository", 404, undefined))
      )
    return Effect.gen(function* () {
      const others = Array.range(100, 99 + CROWD)
      yield* Effect.forEach(others, (number) => deliver(taskIdOf(REPOSITORY.id, number), `d${number}`))
      yield* TestClock.adjust("1 second")
      yield* deliver(A, "a1")
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* count("deliveries", { deliveryId: "a1", status: "done" }), 1)
    }).pipe(Effect.provide(routing(at)))
  })

  it.effect("takes up what waits when it starts, also where that is more than one sweep takes", () => {
    const MANY = 2_100
    return Effect.gen(function* () {
      yield* Effect.forEach(Array.range(1, MANY), (number) =>
        stored.delivery({ deliveryId: `d${number}`, taskId: taskIdOf(REPOSITORY.id, number), status: "accepted" })
      )
      const at: At = () => Effect.succeed(UNASSIGNED)
      yield* Layer.build(DeliveryWorker.pipe(Layer.provide([mocks.Gaps({}), observing(({ taskId }) => at(taskId))])))
      yield* Effect.replicateEffect(TestClock.adjust("1 second"), 3)
      assert.strictEqual(yield* count("deliveries", { status: "done" }), MANY)
    }).pipe(Effect.provide(TestInbox.pipe(Layer.provideMerge(settings()))))
  })

  it.effect("looks at eight issues side by side", () => {
    const gate = Latch.makeUnsafe(false)
    let looking = 0
    const at: At = () => Effect.sync(() => (looking += 1)).pipe(Effect.andThen(gate.await), Effect.as(UNASSIGNED))
    return Effect.gen(function* () {
      const ids = Array.range(1, 20)
      yield* Effect.forEach(ids, (number) => deliver(taskIdOf(REPOSITORY.id, number), `d${number}`))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(looking, 8)
      yield* gate.open
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        yield* statuses,
        ids.map((number) => `d${number} done`)
      )
    }).pipe(Effect.provide(routing(at)))
  })
})
