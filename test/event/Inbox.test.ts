import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { DeliveryId } from "../../src/domain/Delivery.ts"
import { taskIdOf } from "../../src/domain/Task.ts"
import { Inbox } from "../../src/event/Inbox.ts"
import type { Incoming } from "../../src/event/Incoming.ts"
import { settings } from "../harness/TestSettings.ts"
import { TestStore } from "../harness/TestStore.ts"

const layerWith = (overrides: Parameters<typeof settings>[0] = {}) =>
  Inbox.layer.pipe(Layer.provideMerge(TestStore), Layer.provide(settings(overrides)))

const Live = layerWith()
const ReceiveOnly = layerWith({ giteaToken: null })
const TASK = taskIdOf(21, 57)
const unassigned = { taskId: TASK, fullName: "inkwell/letterpress", assigned: false }

const incoming = (id: string, body: string, overrides: Partial<Incoming> = {}): Incoming => ({
  delivery: DeliveryId.make(id),
  bodyHash: `hash of ${body}`,
  event: "issues",
  action: "assigned",
  body,
  subject: { taskId: TASK, fullName: "inkwell/letterpress", assigned: true },
  ignored: null,
  ...overrides
})

const accept = Effect.fnUntraced(function* (it: Incoming) {
  return (yield* (yield* Inbox).accept(it)).status
})

const Row = Schema.Struct({
  deliveryId: Schema.String,
  status: Schema.String,
  reason: Schema.NullOr(Schema.String),
  body: Schema.NullOr(Schema.String),
  receivedAt: Schema.Int,
  settledAt: Schema.NullOr(Schema.Int)
})

const rows = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const found =
    yield* sql`select delivery_id, status, reason, body, received_at, settled_at from deliveries order by seq`
  return yield* Schema.decodeUnknownEffect(Schema.Array(Row))(found)
})

const statuses = Effect.map(rows, (all) => all.map(({ deliveryId, status }) => `${deliveryId} ${status}`))

const makeTask = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`insert into tasks (id, repository_id, number, full_name, title, state, priority, cause, ready_at, created_at, updated_at)
    values (${TASK}, 21, 57, 'inkwell/letterpress', '', 'ready', 2, '', 0, 0, 0)`
})

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
        {
          seq: 2,
          delivery: DeliveryId.make("b"),
          taskId: TASK,
          event: "issues",
          action: "assigned",
          body: "A",
          replay: true
        }
      ])
      yield* inbox.settle([2], "done", null)
      assert.deepStrictEqual(yield* statuses, ["a done", "b duplicate"])
    }).pipe(Effect.provide(Live))
  )

  it.effect("without a token: a replay counts only after another delivery of the issue", () =>
    Effect.gen(function* () {
      const elsewhere = { taskId: taskIdOf(21, 58), fullName: "inkwell/letterpress", assigned: true }
      const told = yield* Effect.forEach(
        [
          incoming("a", "A"),
          incoming("e", "E", { subject: elsewhere }),
          incoming("b", "A"),
          incoming("u", "U", { subject: unassigned }),
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
      assert.strictEqual(yield* accept(incoming("u", "U", { subject: unassigned })), "ignored")
      assert.strictEqual(yield* accept(incoming("v", "U", { subject: unassigned })), "duplicate")
      yield* makeTask
      assert.strictEqual(yield* accept(incoming("w", "U", { subject: unassigned })), "accepted")
      const stored = yield* rows
      assert.deepStrictEqual(
        stored.map(({ body, settledAt, status }) => [status, body, settledAt]),
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
      assert.strictEqual(yield* accept(incoming("u", "U", { subject: unassigned })), "accepted")
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
      const sql = yield* SqlClient.SqlClient
      const both = Effect.forEach([incoming("a", "A"), incoming("b", "B")], (it) => Effect.result(inbox.accept(it)), {
        concurrency: "unbounded"
      })
      yield* sql`create trigger full before insert on deliveries when new.delivery_id = 'b' begin select raise(abort, 'disk is full'); end`
      const failed = yield* both
      assert.deepStrictEqual(
        failed.map((result) => (result._tag === "Failure" ? result.failure._tag : "stored")),
        ["StoreUnavailable", "StoreUnavailable"]
      )
      assert.deepStrictEqual(yield* statuses, [])
      yield* sql`drop trigger full`
      yield* both
      assert.deepStrictEqual(yield* statuses, ["a accepted", "b accepted"])
    }).pipe(Effect.provide(Live))
  )

  it.effect("does not answer what fails only at COMMIT", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`create table kept (id integer primary key)`
      yield* sql`create table promised (id integer references kept (id) deferrable initially deferred)`
      yield* sql`create trigger broken after insert on deliveries begin insert into promised values (1); end`
      const error = yield* Effect.flip(accept(incoming("a", "A")))
      assert.strictEqual(error._tag, "StoreUnavailable")
      assert.deepStrictEqual(yield* statuses, [])
    }).pipe(Effect.provide(Live))
  )

  it.effect("lists issues that wait, the longest first, under their newest name", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox
      const of = (number: number, fullName: string) => ({
        subject: { taskId: taskIdOf(21, number), fullName, assigned: true }
      })
      yield* Effect.forEach(
        [
          incoming("a", "A", of(57, "inkwell/old")),
          incoming("b", "B", of(58, "inkwell/old")),
          incoming("c", "C", of(57, "inkwell/new")),
          incoming("d", "D", { subject: null })
        ],
        accept
      )
      const names = Effect.map(inbox.pending(9), (all) => all.map(({ fullName, taskId }) => `${taskId} ${fullName}`))
      assert.deepStrictEqual(yield* names, ["21/57 inkwell/new", "21/58 inkwell/old"])
      assert.strictEqual((yield* inbox.pending(1)).length, 1)
      yield* inbox.settle([1, 3], "failed", "gave up")
      assert.deepStrictEqual(yield* names, ["21/58 inkwell/old"])
    }).pipe(Effect.provide(Live))
  )

  it.effect("settles in the transaction of its caller, and only what waits", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox
      const sql = yield* SqlClient.SqlClient
      yield* TestClock.setTime(5000)
      yield* accept(incoming("a", "A"))
      yield* inbox.settle([1], "done", null).pipe(Effect.andThen(Effect.fail("undo")), sql.withTransaction, Effect.flip)
      assert.deepStrictEqual(yield* statuses, ["a accepted"])
      yield* inbox.settle([1, 99], "ignored", "of no interest")
      yield* inbox.settle([1], "done", null)
      const [row] = yield* rows
      assert.deepStrictEqual([row?.status, row?.reason, row?.settledAt], ["ignored", "of no interest", 5000])
    }).pipe(Effect.provide(Live))
  )

  it.effect("rings for what was accepted, once, and for nothing else", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox
      yield* accept(incoming("i", "I", { ignored: "not for us" }))
      const ring = yield* Effect.forkChild(inbox.arrived, { startImmediately: true })
      assert.isUndefined(ring.pollUnsafe())
      yield* Effect.forEach([incoming("a", "A"), incoming("b", "B")], accept)
      yield* Fiber.join(ring)
      yield* inbox.arrived
      const again = yield* Effect.forkChild(inbox.arrived, { startImmediately: true })
      assert.isUndefined(again.pollUnsafe())
    }).pipe(Effect.provide(Live))
  )
})
