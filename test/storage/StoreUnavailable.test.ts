import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Schema } from "effect"
import * as Sqlite from "../../src/storage/Sqlite.ts"
import { orStoreUnavailable } from "../../src/storage/StoreUnavailable.ts"

describe("StoreUnavailable", () => {
  it.effect("is what a failing database comes to", () =>
    Effect.gen(function* () {
      const sql = yield* Sqlite.make(":memory:")
      const error = yield* Effect.flip(orStoreUnavailable(sql`select 1 from nowhere`))
      assert.strictEqual(error._tag, "StoreUnavailable")
      assert.include(error.message, "DATABASE_URL")
    })
  )

  it.effect("is not what a row of our own that does not decode comes to: that is a defect", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(orStoreUnavailable(Schema.decodeUnknownEffect(Schema.Int)("one")))
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
    })
  )

  it.effect("leaves other errors as they are", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Effect.flip(orStoreUnavailable(Effect.fail("another"))), "another")
    })
  )
})
