import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { ContextUsage, estimateTokens, startWithin } from "../../src/domain/ContextUsage.ts"
import { between } from "./texts.ts"

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

  it("takes a text of any script by its bytes", () => {
    assert.strictEqual(estimateTokens("abc".repeat(100)), 100)
    assert.strictEqual(estimateTokens("жук".repeat(100)), 200)
    assert.strictEqual(estimateTokens("问题太慢".repeat(100)), 400)
    assert.strictEqual(estimateTokens("\u{1f5a8}".repeat(3)), 4)
  })

  it.prop("weighs a text as UTF-8 does", [Schema.String], ([text]) => {
    if (!text.isWellFormed()) return
    assert.strictEqual(estimateTokens(text), Math.ceil(new TextEncoder().encode(text).length / 3))
  })

  it.prop("cuts the longest start that fits", [Schema.String, between(0, 50)], ([text, tokens]) => {
    const start = startWithin(text, tokens)
    assert.isTrue(text.startsWith(start))
    assert.isAtMost(estimateTokens(start), tokens)
    if (start !== text) assert.isAbove(estimateTokens(text.slice(0, start.length + 1)), tokens)
  })

  it.prop("never takes a text apart for less than the whole", [Schema.String, Schema.String], ([a, b]) => {
    assert.isAtLeast(estimateTokens(a) + estimateTokens(b), estimateTokens(a + b))
  })
})
