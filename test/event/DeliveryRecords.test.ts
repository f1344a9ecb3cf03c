import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { DeliveryRecords } from "../../src/event/DeliveryRecords.ts"
import { Inbox } from "../../src/event/Inbox.ts"
import { accept, incoming, Live } from "./inboxSupport.ts"

const Both = DeliveryRecords.layer.pipe(Layer.provideMerge(Live))

describe("DeliveryRecords", () => {
  it.effect("finds a delivery by its id while it waits and once it is settled, the newest of several", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox
      const records = yield* DeliveryRecords
      const found = Effect.map(records.find("a"), (row) => row && [row.position, row.status])
      assert.isNull(yield* found)
      yield* accept(incoming("a", "A"))
      assert.deepStrictEqual(yield* found, [1, "accepted"])
      yield* inbox.settle([1], "done", null)
      assert.deepStrictEqual(yield* found, [1, "done"])
      yield* accept(incoming("a", "B"))
      yield* accept(incoming("b", "C"))
      assert.deepStrictEqual(yield* found, [2, "accepted"])
      yield* inbox.settle([2], "failed", "why")
      assert.deepStrictEqual(yield* found, [2, "failed"])
    }).pipe(Effect.provide(Both))
  )
})
