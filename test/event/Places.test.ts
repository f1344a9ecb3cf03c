import { assert, describe, it } from "@effect/vitest"
import { Array, Effect, Fiber, Latch } from "effect"
import { makePlaces } from "../../src/event/Places.ts"

describe("Places", () => {
  it.effect("lets in so many at a time, and those that wait from both ends in turn", () =>
    Effect.gen(function* () {
      const inPlace = makePlaces(2)
      const began: Array<number> = []
      let within = 0
      let most = 0
      const work = (number: number) =>
        inPlace(
          Effect.gen(function* () {
            began.push(number)
            within += 1
            most = Math.max(most, within)
            yield* Effect.yieldNow
            within -= 1
          })
        )
      yield* Effect.forEach(Array.range(1, 8), work, { concurrency: "unbounded", discard: true })
      assert.deepStrictEqual(began, [1, 2, 8, 3, 7, 4, 6, 5])
      assert.strictEqual(most, 2)
    })
  )

  it.effect("is given back by whoever is interrupted in it", () =>
    Effect.gen(function* () {
      const inPlace = makePlaces(1)
      const begun = yield* Latch.make()
      const first = yield* Effect.forkChild(inPlace(Effect.andThen(begun.open, Effect.never)))
      yield* begun.await
      const second = yield* Effect.forkChild(inPlace(Effect.succeed("in")))
      yield* Fiber.interrupt(first)
      assert.strictEqual(yield* Fiber.join(second), "in")
    })
  )
})
