import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { corrected, TokenScale } from "../../src/context/TokenScale.ts"

describe("TokenScale", () => {
  it("goes up at once, and down slowly", () => {
    assert.strictEqual(corrected(1, 1_000, 2_500), 2.5)
    assert.strictEqual(corrected(2.5, 1_000, 1_500), 2.4)
  })

  it("is never below 1, because an estimate errs upwards", () => {
    assert.strictEqual(corrected(1, 1_000, 10), 1)
  })

  it("learns nothing from a figure that cannot come of the text", () => {
    assert.strictEqual(corrected(1, 1_000, 8_001), 1)
  })

  it("learns nothing from a short text", () => {
    assert.strictEqual(corrected(1, 100, 1_000), 1)
  })

  it.effect("is one for each model", () =>
    Effect.gen(function* () {
      const scale = yield* TokenScale
      yield* scale.learn("claude-a", 1_000, 3_000)
      assert.deepStrictEqual([yield* scale.of("claude-a"), yield* scale.of("claude-b")], [3, 1])
    }).pipe(Effect.provide(TokenScale.layer))
  )
})
