import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import { backoff, isHopeless, makeTrouble, say } from "../../src/telemetry/Trouble.ts"
import { logged } from "../harness/Logged.ts"

const says = "Issue cannot be read"
const saysOver = "Issue can be looked at again"

describe("Trouble", () => {
  it.effect("is said once, for each key, until it is over", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const trouble = makeTrouble<string>({ says })
      yield* Effect.replicateEffect(trouble.met("a", {}), 3)
      yield* trouble.met("b", {})
      assert.deepStrictEqual(lines, [`Warn ${says}`, `Warn ${says}`])
      yield* trouble.over("a")
      yield* trouble.met("a", {})
      yield* trouble.met("b", {})
      assert.deepStrictEqual(lines, [`Warn ${says}`, `Warn ${says}`, `Warn ${says}`])
    }).pipe(Effect.provide(logged(lines)))
  })

  it.effect("of another kind is news", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const { met } = makeTrouble<null>({ says, level: "Error" })
      for (const kind of ["no route", "no route", "overloaded", "no route"]) yield* met(null, { kind })
      assert.deepStrictEqual(lines, [`Error ${says}`, `Error ${says}`, `Error ${says}`])
    }).pipe(Effect.provide(logged(lines)))
  })

  it.effect("that is over is said where there is a sentence for it, and only where there was trouble", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const { met, over } = makeTrouble<null>({ says, saysOver })
      yield* over(null)
      yield* met(null, {})
      yield* Effect.replicateEffect(over(null), 2)
      assert.deepStrictEqual(lines, [`Warn ${says}`, `Info ${saysOver}`])
    }).pipe(Effect.provide(logged(lines)))
  })

  it.effect("counts failures and refusals in a row", () =>
    Effect.gen(function* () {
      const { met, over } = makeTrouble<null>({ says })
      yield* met(null, { isRefusal: true })
      yield* met(null, {})
      const third = yield* met(null, { isRefusal: true })
      assert.deepInclude(third, { count: 3, refusals: 2 })
      yield* over(null)
      assert.deepInclude(yield* met(null, {}), { count: 1, refusals: 0 })
    })
  )

  it.effect("rests longer each time", () =>
    Effect.gen(function* () {
      const { met, rests } = makeTrouble<null>({ says, first: Duration.seconds(10) })
      const at = (seconds: number) => BigInt(seconds) * 1_000_000_000n
      assert.isFalse(rests(null, at(0)))
      yield* met(null, {})
      assert.deepStrictEqual([rests(null, at(9)), rests(null, at(10))], [true, false])
      yield* TestClock.setTime(10_000)
      yield* met(null, {})
      assert.deepStrictEqual([rests(null, at(29)), rests(null, at(30))], [true, false])
    })
  )

  it.effect("is forgotten of all but some, and of the oldest when there are too many", () =>
    Effect.gen(function* () {
      const { has, keepOnly, met } = makeTrouble<number>({ says })
      for (let key = 0; key <= 10_000; key++) yield* met(key, {})
      assert.deepStrictEqual([has(0), has(1), has(10_000)], [false, true, true])
      keepOnly([1, 2])
      assert.deepStrictEqual([has(1), has(2), has(3)], [true, true, false])
    }).pipe(Effect.provide(logged([])))
  )

  it.effect("that is remembered elsewhere is said by whether it is news", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      yield* say(true, { says })
      yield* say(false, { says })
      assert.deepStrictEqual(lines, [`Warn ${says}`])
    }).pipe(Effect.provide(logged(lines)))
  })

  it("doubles its rests up to five minutes", () => {
    const rests = [1, 2, 3, 4, 7, 8, 2_000].map((count) => Duration.toSeconds(backoff(Duration.seconds(4), count)))
    assert.deepStrictEqual(rests, [4, 8, 16, 32, 256, 300, 300])
  })

  it("is hopeless after an hour of refusals, five minutes apart", () => {
    assert.deepStrictEqual([isHopeless(12), isHopeless(13)], [false, true])
  })
})
