import { assert, describe, it } from "@effect/vitest"
import { exhausted, MAX_BARREN_ROTATIONS, MAX_TOKENS, MAX_TURNS } from "../../src/domain/TaskLimits.ts"

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

  it("has the bounds of the design", () => {
    assert.deepStrictEqual([MAX_TURNS, MAX_TOKENS, MAX_BARREN_ROTATIONS], [50, 2_000_000, 3])
  })
})
