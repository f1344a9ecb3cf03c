import { assert, describe, it } from "@effect/vitest"
import { JournalEntry } from "../../src/domain/JournalEntry.ts"
import { NOT_TAKEN } from "../../src/domain/News.ts"
import { nextStep } from "../../src/domain/NextStep.ts"
import { advance, empty, replay, userContent } from "../../src/domain/Transcript.ts"
import type { Message } from "../../src/domain/Transcript.ts"
import { compactionBlock, text, toolUse } from "../harness/Models.ts"
import { asked, compacted, compactionFailed, ended, Journal, replied, started } from "./journals.ts"
import { Schema } from "effect"

const idsOf = (message: Message | undefined, type: string, key: string): ReadonlyArray<unknown> =>
  (message?.content ?? []).filter((block) => block["type"] === type).map((block) => block[key])

/** What the model wrote since the user last spoke may be several messages, where a turn was paused. */
const openAtEnd = (messages: ReadonlyArray<Message>): boolean => messages.at(-1)?.role === "assistant"

describe("Transcript", () => {
  it("is empty before its journal begins", () => {
    assert.deepStrictEqual(replay([]), empty)
  })

  it("holds what was sent and what came back, in order", () => {
    const { messages, last, text: words, turns, hash } = replay([asked("The issue.", "first"), replied("I look.")])
    assert.deepStrictEqual(messages, [
      { role: "user", content: [text("The issue.")] },
      { role: "assistant", content: [text("I look.")] }
    ])
    assert.deepStrictEqual({ last, words, turns, hash }, { last: "replied", words: "I look.", turns: 1, hash: "first" })
  })

  it("sends the results of all calls of a reply in one message, then the text", () => {
    const read = toolUse("read_comments", { page: 1 }, "a")
    const note = toolUse("progress", {}, "b")
    const { messages, calls, done } = replay([
      asked("The issue."),
      replied([read, note]),
      started("a"),
      ended("a", "page 1"),
      started("b"),
      ended("b", "no input", true),
      asked("And now?")
    ])
    assert.deepStrictEqual(messages.at(-1), {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "a", content: "page 1" },
        { type: "tool_result", tool_use_id: "b", content: "no input", is_error: true },
        text("And now?")
      ]
    })
    assert.deepStrictEqual(calls, [])
    assert.deepStrictEqual(
      done.map(({ use, result }) => [use.id, result?.isError]),
      [
        ["a", false],
        ["b", true]
      ]
    )
  })

  it("keeps a call that was started and not ended apart from one that was not started", () => {
    const { calls } = replay([
      asked("x"),
      replied([toolUse("progress", {}, "a"), toolUse("progress", {}, "b")]),
      started("a")
    ])
    assert.deepStrictEqual(
      calls.map(({ started, result }) => ({ started, result })),
      [
        { started: true, result: null },
        { started: false, result: null }
      ]
    )
  })

  it.each(["max_tokens", "model_context_window_exceeded", "refusal"])(
    "trusts every call but the last of a reply that stopped for %s",
    (stopReason) => {
      const uses = [toolUse("progress", {}, "a"), toolUse("finish", {}, "b")]
      const { calls } = replay([asked("x"), replied(uses, { stopReason })])
      assert.deepStrictEqual(
        calls.map(({ cut }) => cut),
        [false, true]
      )
    }
  )

  it("adds no message for a reply without content, or a resend without anything new", () => {
    const paused = replay([asked("x"), replied([], { stopReason: "pause_turn" }), asked(null)])
    assert.deepStrictEqual(paused.messages, [{ role: "user", content: [text("x")] }])
    assert.strictEqual(paused.last, "asked")
    assert.strictEqual(paused.turns, 1)
  })

  it("counts pauses in a row", () => {
    const pause = [replied("...", { stopReason: "pause_turn" }), asked(null)]
    assert.strictEqual(replay([asked("x"), ...pause, ...pause]).pauses, 2)
    assert.strictEqual(replay([asked("x"), ...pause, ...pause, replied("Done.")]).pauses, 0)
  })

  it("begins with the block of its newest compaction, byte for byte, and keeps its summary", () => {
    const before = [asked("x"), replied("One."), asked("y")]
    const after = replay([...before, compacted("What was said.")])
    assert.deepStrictEqual(after.messages, [{ role: "assistant", content: [compactionBlock("What was said.")] }])
    assert.strictEqual(after.summary, "What was said.")
    assert.strictEqual(after.repliesSinceCompaction, 0)
    const onward = [asked("Go on."), replied("Two.")].reduce(advance, after)
    assert.deepStrictEqual(
      onward.messages.map(({ role }) => role),
      ["assistant", "user", "assistant"]
    )
    assert.strictEqual(onward.repliesSinceCompaction, 1)
    assert.strictEqual(onward.turns, 2)
  })

  it("keeps the former summary when a compaction has no readable one", () => {
    const unreadable: JournalEntry = {
      _tag: "Compacted",
      block: { type: "compaction", content: null, encrypted_content: "sealed" },
      usage: { input_tokens: 0, output_tokens: 0 }
    }
    assert.strictEqual(replay([asked("x"), compacted("First."), asked("y"), unreadable]).summary, "First.")
  })

  it("keeps its messages when a compaction failed", () => {
    const before = replay([asked("x"), replied("One."), asked("y")])
    assert.deepStrictEqual(advance(before, compactionFailed), { ...before, last: "compactionFailed" })
  })

  it("knows that the model was asked for its answer, whatever it stopped for without a call", () => {
    assert.isTrue(replay([asked("x"), replied("Hm."), asked("Go on.")]).nudged)
    assert.isTrue(replay([asked("x"), replied("Hm.", { stopReason: "stop_sequence" }), asked("Go on.")]).nudged)
    assert.isFalse(replay([asked("x"), replied("Hm.", { stopReason: "max_tokens" }), asked("Go on.")]).nudged)
    const called = [asked("x"), replied([toolUse("progress", {}, "a")]), ended("a"), asked(null)]
    assert.isFalse(replay(called).nudged)
    assert.isFalse(replay([...called, compacted("s"), asked("Go on.")]).nudged)
  })

  it("counts how often its answer was held", () => {
    const answer = [replied([toolUse("finish", {}, "a")]), ended("a"), asked(`${NOT_TAKEN}\n\nNew on the issue.`)]
    const { held, last } = replay([asked("x"), ...answer, ...answer])
    assert.deepStrictEqual({ held, last }, { held: 2, last: "asked" })
    assert.strictEqual(replay([asked("x"), ...answer, compacted("s"), asked("Go on.")]).held, 1)
    assert.strictEqual(replay([asked("x"), replied("Hm."), asked("Go on.")]).held, 0)
  })

  it.prop("is what its entries add to it one by one", [Journal], ([entries]) => {
    assert.deepStrictEqual(replay(entries), entries.reduce(advance, empty))
    entries.forEach((_, at) =>
      assert.deepStrictEqual(entries.slice(at).reduce(advance, replay(entries.slice(0, at))), replay(entries))
    )
  })

  it.prop("survives storage", [Journal], ([entries]) => {
    const json = Schema.fromJsonString(Schema.Array(JournalEntry))
    const stored = Schema.decodeSync(json)(Schema.encodeSync(json)(entries))
    assert.deepStrictEqual(replay(stored), replay(entries))
  })

  it.prop("answers every call exactly once, in the very next message", [Journal], ([entries]) => {
    const { messages, last } = replay(entries)
    const settled = openAtEnd(messages) && last !== "asked" ? messages.slice(0, -1) : messages
    settled.forEach((message, index) => {
      if (message.role !== "assistant") return
      const uses = idsOf(message, "tool_use", "id")
      const results = idsOf(messages[index + 1], "tool_result", "tool_use_id")
      assert.deepStrictEqual(results, uses)
    })
  })

  it.prop("leaves no call of an earlier reply open once it is asked", [Journal], ([entries]) => {
    const transcript = replay(entries)
    assert.isTrue(transcript.done.every(({ result }) => result !== null))
    if (transcript.last === "asked") assert.deepStrictEqual(transcript.calls, [])
    assert.strictEqual(nextStep(transcript)._tag === "Begin", entries.length === 0)
  })
})

describe("userContent", () => {
  it("is empty without calls and text", () => {
    assert.deepStrictEqual(userContent([], null), [])
  })
})
