import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { DeliveryId } from "../../src/domain/Delivery.ts"
import { Inbox } from "../../src/event/Inbox.ts"
import { issueEvent } from "../harness/Deliveries.ts"
import { stored } from "../harness/StoreBuilder.ts"
import { refuseCommits, refuseRow, refuseRows, refuseSecondRow, takeRows } from "../harness/StoreTrouble.ts"
import { accept, incoming, Live, ReceiveOnly, rows, statuses, TASK, unassigned } from "./inboxSupport.ts"

describe("Inbox", () => {
  it.effect("stores a delivery before it answers, with its text as it was", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1000)
      const body = String.raw`{"title": "caf\u00e9 \u0000 \"'"} ` + "caf\u00e9 \u{1f980}"
      const receipt = yield* (yield* Inbox).accept(incoming("a", body))
      assert.deepStrictEqual(receipt, {
        status: "accepted",
        delivery: DeliveryId.make("a"),
        event: "issues",
        action: "assigned",
        task: TASK
      })
      assert.deepStrictEqual(yield* rows, [
        { deliveryId: "a", status: "accepted", reason: null, body, receivedAt: 1000, settledAt: null }
      ])
    }).pipe(Effect.provide(Live))
  )

  it.effect("answers a delivery that was sent twice as a duplicate and stores it once", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Effect.forEach([incoming("a", "A"), incoming("a", "A")], accept), [
        "accepted",
        "duplicate"
      ])
      assert.deepStrictEqual(yield* statuses, ["a accepted"])
    }).pipe(Effect.provide(Live))
  )

  it.effect("takes the same id with another body as a new delivery", () =>
    Effect.gen(function* () {
      yield* Effect.forEach([incoming("a", "A"), incoming("a", "B")], accept)
      assert.deepStrictEqual(yield* statuses, ["a accepted", "a accepted"])
    }).pipe(Effect.provide(Live))
  )

  it.effect("has a replay looked at again, and ends it as a duplicate", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox
      yield* accept(incoming("a", "A"))
      yield* inbox.settle([1], "done", null)
      assert.strictEqual(yield* accept(incoming("b", "A")), "duplicate")
      assert.deepStrictEqual(yield* inbox.of(TASK), [
        { seq: 2, delivery: DeliveryId.make("b"), action: "assigned", traceparent: null }
      ])
      yield* inbox.settle([2], "done", null)
      assert.deepStrictEqual(yield* statuses, ["a done", "b duplicate"])
    }).pipe(Effect.provide(Live))
  )

  it.effect.each([
    ["with a token", Live],
    ["without one", ReceiveOnly]
  ] as const)("stores a body once, however often it is sent, %s", ([, layer]) =>
    Effect.gen(function* () {
      const inbox = yield* Inbox
      yield* stored.task()
      yield* accept(incoming("a", "A"))
      yield* inbox.settle([1], "done", null)
      yield* Effect.forEach(
        Array.from({ length: 300 }, (_, index) => incoming(`replay-${index}`, "A")),
        accept
      )
      // Another one between makes it news without a token, under whatever id.
      yield* accept(incoming("u", "U", unassigned))
      yield* accept(incoming("again", "A"))
      assert.deepStrictEqual(
        (yield* rows).flatMap(({ body, deliveryId }) => (body === null ? [] : [deliveryId])),
        ["a", "u"]
      )
      assert.include(
        (yield* inbox.oldest(400)).map(({ body, delivery }) => `${delivery} ${body}`),
        "again A"
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect("stores a body once of those that come together", () =>
    Effect.gen(function* () {
      const both = [incoming("a", "A"), incoming("b", "A")]
      yield* Effect.forEach(both, accept, { concurrency: "unbounded" })
      assert.deepStrictEqual(
        (yield* rows).map(({ body }) => body),
        ["A", null]
      )
    }).pipe(Effect.provide(Live))
  )

  it.effect("tells since when it can store nothing, until it can", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox
      yield* refuseRows("deliveries")
      yield* TestClock.adjust("5 seconds")
      yield* Effect.flip(accept(incoming("a", "A")))
      assert.strictEqual(yield* inbox.refusing, 5_000)
      yield* takeRows
      yield* accept(incoming("a", "A"))
      assert.isNull(yield* inbox.refusing)
    }).pipe(Effect.provide(Live))
  )

  it.effect("without a token: a replay counts only after another delivery of the issue", () =>
    Effect.gen(function* () {
      const elsewhere = issueEvent({ issue: { number: 58 } })
      const told = yield* Effect.forEach(
        [
          incoming("a", "A"),
          incoming("e", "E", elsewhere),
          incoming("b", "A"),
          incoming("u", "U", unassigned),
          incoming("c", "A")
        ],
        accept
      )
      assert.deepStrictEqual(told, ["accepted", "accepted", "duplicate", "accepted", "accepted"])
      assert.deepStrictEqual(yield* statuses, ["a accepted", "e accepted", "b duplicate", "u accepted", "c accepted"])
    }).pipe(Effect.provide(ReceiveOnly))
  )

  it.effect("ignores an issue of others, until it has a task", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* accept(incoming("u", "U", unassigned)), "ignored")
      assert.strictEqual(yield* accept(incoming("v", "U", unassigned)), "duplicate")
      yield* stored.task()
      assert.strictEqual(yield* accept(incoming("w", "U", unassigned)), "accepted")
      const deliveries = yield* rows
      assert.deepStrictEqual(
        deliveries.map(({ body, settledAt, status }) => [status, body, settledAt]),
        [
          ["ignored", null, 0],
          ["ignored", null, 0],
          ["accepted", "U", null]
        ]
      )
    }).pipe(Effect.provide(Live))
  )

  it.effect("keeps an unassignment while the assignment waits to be looked at", () =>
    Effect.gen(function* () {
      yield* accept(incoming("a", "A"))
      assert.strictEqual(yield* accept(incoming("u", "U", unassigned)), "accepted")
    }).pipe(Effect.provide(Live))
  )

  it.effect("stores what comes together, each delivery with its own answer", () =>
    Effect.gen(function* () {
      const many = Array.from({ length: 300 }, (_, index) => incoming(`d${index}`, `body ${index % 299}`))
      const told = yield* Effect.forEach(many, accept, { concurrency: 300 })
      assert.deepStrictEqual(
        told.flatMap((status, index) => (status === "accepted" ? [] : [`${index} ${status}`])),
        ["299 duplicate"]
      )
      assert.deepStrictEqual(
        yield* statuses,
        many.map(({ delivery }) => `${delivery} accepted`)
      )
    }).pipe(Effect.provide(Live))
  )

  it.effect("fails every delivery of a batch that cannot be committed, and goes on once it can", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox
      const both = Effect.forEach([incoming("a", "A"), incoming("b", "B")], (it) => Effect.result(inbox.accept(it)), {
        concurrency: "unbounded"
      })
      yield* refuseSecondRow("deliveries")
      const failed = yield* both
      assert.deepStrictEqual(
        failed.map((result) => (result._tag === "Failure" ? result.failure._tag : "stored")),
        ["StoreUnavailable", "StoreUnavailable"]
      )
      assert.deepStrictEqual(yield* statuses, [])
      yield* takeRows
      yield* both
      assert.deepStrictEqual(yield* statuses, ["a accepted", "b accepted"])
    }).pipe(Effect.provide(Live))
  )

  it.effect("stores a crowd that came at once whole or not at all, each with its own answer", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox
      const crowd = Array.from({ length: 100 }, (_, index) => incoming(`${index}`, `body ${index}`))
      const all = Effect.forEach(crowd, (it) => Effect.result(inbox.accept(it)), { concurrency: "unbounded" })
      yield* refuseRow("deliveries", "new.delivery_id = '99'")
      assert.sameMembers(
        (yield* all).map((result) => (result._tag === "Failure" ? result.failure._tag : "stored")),
        crowd.map(() => "StoreUnavailable")
      )
      assert.deepStrictEqual(yield* statuses, [])
      yield* takeRows
      assert.deepStrictEqual(
        (yield* all).map((result) => (result._tag === "Success" ? result.success.delivery : result.failure._tag)),
        crowd.map(({ delivery }) => delivery)
      )
      assert.deepStrictEqual(
        yield* statuses,
        crowd.map(({ delivery }) => `${delivery} accepted`)
      )
    }).pipe(Effect.provide(Live))
  )

  it.effect("does not answer what fails only at COMMIT", () =>
    Effect.gen(function* () {
      yield* refuseCommits("deliveries")
      const error = yield* Effect.flip(accept(incoming("a", "A")))
      assert.strictEqual(error._tag, "StoreUnavailable")
      assert.deepStrictEqual(yield* statuses, [])
    }).pipe(Effect.provide(Live))
  )
})
