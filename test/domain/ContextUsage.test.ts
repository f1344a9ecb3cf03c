import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { ContextUsage, estimateTokens } from "../../src/domain/ContextUsage.ts"

describe("ContextUsage", () => {
  it("derives its ratio from tokens and limit", () => {
    assert.strictEqual(new ContextUsage({ used: 50, limit: 200, source: "count", at: 1 }).ratio, 0.25)
  })

  it.each([
    { used: 1, limit: 0 },
    { used: -1, limit: 10 },
    { used: 1.5, limit: 10 }
  ])("refuses $used of $limit tokens", (tokens) => {
    assert.isFalse(Schema.is(ContextUsage)({ ...tokens, source: "count", at: 1 }))
  })
})

describe("estimateTokens", () => {
  it("takes nothing for nothing, and any text for at least a token", () => {
    assert.strictEqual(estimateTokens(""), 0)
    assert.strictEqual(estimateTokens("a"), 1)
    assert.strictEqual(estimateTokens("abcd"), 2)
  })

  it.prop("never takes a text apart for less than the whole", [Schema.String, Schema.String], ([a, b]) => {
    assert.isAtLeast(estimateTokens(a) + estimateTokens(b), estimateTokens(a + b))
  })
})
