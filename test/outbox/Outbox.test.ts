import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Outbox } from "../../src/outbox/Outbox.ts"
import type { OutboxEntry } from "../../src/outbox/Outbox.ts"
import { stored } from "../harness/StoreBuilder.ts"
import { TestStore } from "../harness/TestStore.ts"
import { TASK } from "../harness/Workbench.ts"

const OutboxOnStore = Outbox.layer.pipe(Layer.provideMerge(TestStore))

const entry = (body: string): OutboxEntry => ({ key: "k", taskId: TASK, needsMandate: true, body })

/** The one row that waits, as a reporter reads it before it looks at the issue. */
const read = Effect.gen(function* () {
  const [row] = yield* (yield* Outbox).pending
  return row ?? (yield* Effect.die("nothing waits"))
})

/** Nothing waits but this text. */
const said = Effect.fnUntraced(function* (body: string) {
  yield* stored.task()
  yield* (yield* Outbox).put(entry(body))
  return yield* read
})

const bodies = Effect.flatMap(Outbox, ({ pending }) => Effect.map(pending, (all) => all.map(({ body }) => body)))

describe("Outbox", () => {
  it.effect.each(["put", "amend"] as const)("keeps a text that was %s while the one before it was given up", (say) =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const old = yield* said("old")
      yield* outbox[say](entry("new"))
      yield* outbox.drop(old, "the issue is closed")
      assert.deepStrictEqual(yield* bodies, ["new"])
      yield* outbox.drop(yield* read, "the issue is closed")
      assert.deepStrictEqual(yield* bodies, [])
    }).pipe(Effect.provide(OutboxOnStore))
  )

  it.effect.each(["put", "amend"] as const)("keeps a text that was %s while the one before it was written", (say) =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const old = yield* said("old")
      yield* outbox[say](entry("new"))
      yield* outbox.sent(old, 7, 0)
      assert.deepStrictEqual(yield* bodies, ["new"])
      const row = yield* read
      assert.strictEqual(row.commentId, 7)
      yield* outbox.sent(row, 7, 0)
      assert.deepStrictEqual(yield* bodies, [])
    }).pipe(Effect.provide(OutboxOnStore))
  )

  it.effect("says anew only what was said before, and drops what is as it was read", () =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      yield* outbox.drop(yield* said("old"), "the issue is closed")
      assert.deepStrictEqual(yield* bodies, [])
      yield* outbox.amend({ ...entry("other"), key: "never said" })
      assert.deepStrictEqual(yield* bodies, [])
      yield* outbox.amend(entry("new"))
      assert.deepStrictEqual(yield* bodies, ["new"])
    }).pipe(Effect.provide(OutboxOnStore))
  )
})
