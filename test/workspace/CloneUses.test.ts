import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch, Option } from "effect"
import { makeUses } from "../../src/workspace/CloneUses.ts"

const ID = 7

/** A removal that has begun, and goes on once `go` is open; `ends` gives what came of it. */
const removing = Effect.gen(function* () {
  const uses = yield* makeUses
  const [looking, moving, go, end] = [Latch.makeUnsafe(), Latch.makeUnsafe(), Latch.makeUnsafe(), Latch.makeUnsafe()]
  const move = Effect.as(Effect.andThen(moving.open, end.await), "moved")
  const look = looking.open.pipe(Effect.andThen(go.await), Effect.andThen(uses.takeOut(ID, move)))
  const fiber = yield* Effect.forkChild(uses.ifResting(ID, look))
  yield* looking.await
  return { uses, moving, go, end, ends: Effect.map(Fiber.join(fiber), Option.flatten) }
})

describe("A clone that is being removed", () => {
  it.effect("stays when somebody begins to use it before it is taken out of its place", () =>
    Effect.gen(function* () {
      const { end, ends, go, uses } = yield* removing
      yield* uses.hold(ID)
      yield* end.open
      yield* go.open
      assert.deepStrictEqual(yield* ends, Option.none())
    })
  )

  it.effect("is waited for by whoever comes later", () =>
    Effect.gen(function* () {
      const { end, ends, go, moving, uses } = yield* removing
      yield* go.open
      yield* moving.await
      const holding = yield* Effect.forkChild(uses.hold(ID), { startImmediately: true })
      yield* Effect.yieldNow
      assert.isUndefined(holding.pollUnsafe())
      yield* end.open
      assert.deepStrictEqual(yield* ends, Option.some("moved"))
      yield* Fiber.join(holding)
    })
  )
})
