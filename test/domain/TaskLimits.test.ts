import { assert, describe, it } from "@effect/vitest"
import { canGoOn, exhausted, MAX_BARREN_ROTATIONS, MAX_TOKENS, MAX_TURNS } from "../../src/domain/TaskLimits.ts"

const HOUR = 3_600_000
const within = { turns: 49, requests: 99, tokens: 1_999_999, elapsed: 2 * HOUR - 1 }

describe("exhausted", () => {
  it("is null right below every bound", () => {
    assert.isNull(exhausted(within))
  })

  it.each([
    { reached: { turns: 50 }, sentence: "it used its 50 turns" },
    { reached: { tokens: 2_000_000 }, sentence: "it used its 2000000 tokens" },
    { reached: { requests: 100 }, sentence: "it used its 100 paid requests" },
    { reached: { elapsed: 2 * HOUR }, sentence: "it ran for 2 hours" },
    { reached: { elapsed: 9 * HOUR }, sentence: "it ran for 2 hours" }
  ])("says: $sentence", ({ reached, sentence }) => {
    assert.strictEqual(exhausted({ ...within, ...reached }), sentence)
  })

  it("leaves room to go on until a fifth of its turns is left, or so much of another bound", () => {
    const fresh = { turns: 0, requests: 0, tokens: 0, elapsed: 0 }
    assert.isTrue(canGoOn({ turns: 39, requests: 79, tokens: 1_799_999, elapsed: 1.75 * HOUR - 1 }))
    const used = [{ turns: 40 }, { requests: 80 }, { tokens: 1_800_000 }, { elapsed: 1.75 * HOUR }]
    assert.deepStrictEqual(
      used.map((some) => canGoOn({ ...fresh, ...some })),
      used.map(() => false)
    )
  })

  it("has the bounds of the design", () => {
    assert.deepStrictEqual([MAX_TURNS, MAX_TOKENS, MAX_BARREN_ROTATIONS], [50, 2_000_000, 3])
  })
})
