import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { FullName } from "../../src/domain/Repository.ts"
import { Inbox } from "../../src/event/Inbox.ts"
import { Doorbell } from "../../src/storage/Doorbell.ts"
import { BOT, issueEvent } from "../harness/Deliveries.ts"
import { accept, incoming, Live, rows, statuses, TASK } from "./inboxSupport.ts"

describe("What waits in the inbox", () => {
  it.effect("lists issues that wait, the longest first, under their newest name", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox
      const of = (number: number, name: string) =>
        issueEvent({ issue: { number }, repository: { id: 21, fullName: FullName.make(name) } })
      yield* Effect.forEach(
        [
          incoming("a", "A", of(57, "inkwell/old")),
          incoming("b", "B", of(58, "inkwell/old")),
          incoming("c", "C", of(57, "inkwell/new")),
          incoming("d", "D", null)
        ],
        accept
      )
      const names = Effect.map(inbox.pending(9, []), (all) =>
        all.map(({ fullName, taskId }) => `${taskId} ${fullName}`)
      )
      assert.deepStrictEqual(yield* names, ["21/57 inkwell/new", "21/58 inkwell/old"])
      assert.strictEqual((yield* inbox.pending(1, [])).length, 1)
      assert.deepStrictEqual(
        (yield* inbox.pending(9, [TASK])).map(({ taskId }) => taskId),
        ["21/58"]
      )
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
      yield* inbox.settle([1, 99], "failed", "of no interest")
      yield* inbox.settle([1], "done", null)
      const [row] = yield* rows
      assert.deepStrictEqual([row?.status, row?.reason, row?.settledAt], ["failed", "of no interest", 5000])
    }).pipe(Effect.provide(Live))
  )

  it.effect("rings for what was accepted, once, and for nothing else", () =>
    Effect.gen(function* () {
      const bell = yield* (yield* Doorbell).listen("deliveries")
      yield* accept(incoming("i", "I", issueEvent({ sender: BOT })))
      assert.isFalse(yield* bell.wait(0))
      yield* Effect.forEach([incoming("a", "A"), incoming("b", "B")], accept)
      assert.isTrue(yield* bell.wait(0))
      assert.isFalse(yield* bell.wait(0))
    }).pipe(Effect.scoped, Effect.provide(Live))
  )
})
