import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { Inbox } from "../../src/event/Inbox.ts"
import { Doorbell } from "../../src/storage/Doorbell.ts"
import { toSqlError } from "../../src/storage/Sqlite.ts"
import { WalSync } from "../../src/storage/WalSync.ts"
import { BOT } from "../harness/Deliveries.ts"
import { mocks } from "../harness/Mocks.ts"
import { settings } from "../harness/TestSettings.ts"
import { TestStore } from "../harness/TestStore.ts"
import { accept, incoming, statuses } from "./inboxSupport.ts"

const inboxWith = (done: WalSync["Service"]["done"]) =>
  Inbox.layer.pipe(
    Layer.provide([
      settings(),
      mocks.Tasks({ existing: () => Effect.succeed(new Set()) }),
      mocks.BotIdentity({ current: Effect.succeed(BOT) }),
      Layer.succeed(WalSync, { done })
    ]),
    Layer.provideMerge(TestStore)
  )

describe("Inbox before the disk has a delivery", () => {
  it.effect("answers neither it nor its like", () =>
    Effect.gen(function* () {
      const synced = yield* Deferred.make<void>()
      yield* Effect.gen(function* () {
        const answer = yield* Effect.forkChild(accept(incoming("a", "A")), { startImmediately: true })
        const committed = Effect.tap(statuses, () => Effect.yieldNow)
        assert.deepStrictEqual(yield* Effect.repeat(committed, { until: ({ length }) => length > 0 }), ["a accepted"])
        const again = yield* Effect.forkChild(accept(incoming("a", "A")), { startImmediately: true })
        yield* Effect.repeat(Effect.yieldNow, { times: 100 })
        assert.deepStrictEqual([answer.pollUnsafe(), again.pollUnsafe()], [undefined, undefined])
        yield* Deferred.succeed(synced, undefined)
        assert.deepStrictEqual([yield* Fiber.join(answer), yield* Fiber.join(again)], ["accepted", "duplicate"])
      }).pipe(Effect.provide(inboxWith(Deferred.await(synced))))
    })
  )

  it.effect("says that it cannot be stored when that fails", () =>
    Effect.gen(function* () {
      const bell = yield* (yield* Doorbell).listen("deliveries")
      yield* bell.wait(0)
      const error = yield* Effect.flip(accept(incoming("a", "A")))
      assert.strictEqual(error._tag, "StoreUnavailable")
      assert.isNotNull(yield* (yield* Inbox).refusing)
      // It is committed, and whoever sends it again would ring for nothing.
      assert.isTrue(yield* bell.wait(0))
    }).pipe(Effect.provide(inboxWith(Effect.fail(toSqlError("sync")(new Error("input/output error"))))))
  )
})
