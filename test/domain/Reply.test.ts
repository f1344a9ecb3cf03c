import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { bill, billedTokens, contextTokens, Reply, ReplyUsage, textOf, toolUses } from "../../src/domain/Reply.ts"
import { text, toolUse, usage } from "../harness/Models.ts"

const caches = (read: number | null, creation: number | null) => ({
  cache_read_input_tokens: read,
  cache_creation_input_tokens: creation
})
const message = { type: "message", ...usage(200, 20) }
const compaction = { type: "compaction", ...usage(9_000, 500) }

describe("bill", () => {
  it("adds up every iteration by kind, and takes no cache for none", () => {
    const given = { ...usage(200, 20), iterations: [{ ...message, ...caches(1_000, null) }, compaction] }
    assert.deepStrictEqual(bill(given), { input: 9_200, cache_read: 1_000, cache_creation: 0, output: 520 })
  })
})

describe("contextTokens", () => {
  it.each([
    { name: "no caches", given: usage(100, 10), tokens: 110 },
    { name: "null caches", given: { ...usage(100, 10), ...caches(null, null) }, tokens: 110 },
    { name: "one null cache", given: { ...usage(100, 10), ...caches(1_000, null) }, tokens: 1_110 },
    { name: "both caches", given: { ...usage(100, 10), ...caches(1_000, 2_000) }, tokens: 3_110 },
    { name: "null iterations", given: { ...usage(100, 10), iterations: null }, tokens: 110 },
    { name: "no iterations", given: { ...usage(100, 10), iterations: [] }, tokens: 110 },
    {
      name: "the last message of several, not their sum",
      given: { ...usage(300, 30), iterations: [{ type: "message", ...usage(100, 10) }, message] },
      tokens: 220
    },
    {
      name: "the last message before other entries",
      given: { ...usage(200, 20), iterations: [message, { type: "advisor_message", ...usage(50, 5) }, compaction] },
      tokens: 220
    },
    {
      name: "a message of the fallback model",
      given: { ...usage(200, 20), iterations: [message, { type: "fallback_message", ...usage(300, 30) }] },
      tokens: 330
    },
    { name: "a compaction only", given: { ...usage(0, 0), iterations: [compaction] }, tokens: null }
  ])("reads $name", ({ given, tokens }) => {
    assert.strictEqual(contextTokens(given), tokens)
  })
})

describe("billedTokens", () => {
  it.each([
    { name: "the top level", given: { ...usage(100, 10), ...caches(1_000, null) }, tokens: 1_110 },
    { name: "a compaction", given: { ...usage(0, 0), iterations: [compaction] }, tokens: 9_500 },
    { name: "every iteration", given: { ...usage(200, 20), iterations: [compaction, message] }, tokens: 9_720 }
  ])("adds up $name", ({ given, tokens }) => {
    assert.strictEqual(billedTokens(given), tokens)
  })

  it.prop("is the size where there are no iterations", [ReplyUsage], ([given]) => {
    const flat = { ...given, iterations: null }
    assert.strictEqual(billedTokens(flat), contextTokens(flat))
  })
})

describe("Reply", () => {
  const blocks = [
    { type: "thinking", thinking: "Hm.", signature: "signed" },
    text(" I look. "),
    toolUse("progress", {}, "a"),
    { type: "tool_use", name: "without an id" },
    text("Then I write."),
    toolUse("finish", {}, "b")
  ]

  it("has its text without what else there is", () => {
    assert.strictEqual(textOf(blocks), "I look. \nThen I write.")
    assert.strictEqual(textOf([]), "")
  })

  it("has its calls in order", () => {
    assert.deepStrictEqual(
      toolUses(blocks).map(({ id }) => id),
      ["a", "b"]
    )
  })

  it.prop("is stored verbatim", [Reply], ([reply]) => {
    const json = Schema.fromJsonString(Reply)
    const stored = Schema.encodeSync(json)(reply)
    assert.strictEqual(Schema.encodeSync(json)(Schema.decodeSync(json)(stored)), stored)
  })

  it("keeps a field named __proto__ as a field", () => {
    const json = Schema.fromJsonString(Reply)
    const stored =
      '{"content":[{"type":"tool_use","__proto__":{"polluted":1}}],"stopReason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}'
    assert.strictEqual(Schema.encodeSync(json)(Schema.decodeSync(json)(stored)), stored)
  })
})
