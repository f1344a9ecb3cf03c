import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Option, Schema } from "effect"
import { cleanView, hasThinking } from "../../src/domain/CleanView.ts"
import { nextStep } from "../../src/domain/NextStep.ts"
import type { Block, Reply } from "../../src/domain/Reply.ts"
import { advance, empty } from "../../src/domain/Transcript.ts"
import type { Message, Transcript } from "../../src/domain/Transcript.ts"
import { oddities } from "../../src/sandbox/claude/OddReplies.ts"
import { validate } from "../../src/sandbox/claude/Validation.ts"
import { reply, text, toolUse } from "../harness/Models.ts"
import { asked, ended, started } from "./journals.ts"

const thinking = (signature?: string): Block => ({
  type: "thinking",
  thinking: "Hm.",
  ...(signature === undefined ? {} : { signature })
})
const user = (words: string): Message => ({ role: "user", content: [text(words)] })
const model = (...content: ReadonlyArray<Block>): Message => ({ role: "assistant", content })
const cleaned = (...messages: ReadonlyArray<Message>) => cleanView(messages, 0)

const strict = {
  id: "claude-sandbox",
  window: 1_000_000,
  compaction: true,
  addsOutput: false,
  density: 1
}

/** What the strict stand-in says to the next request, signatures apart. */
const refusal = ({ messages, thinkingFrom }: Transcript): string | null =>
  Option.match(
    validate({
      operation: "messages",
      // As it goes over the wire.
      request: JSON.parse(
        JSON.stringify({ model: strict.id, max_tokens: 1_000, messages: cleanView(messages, thinkingFrom) })
      ),
      betas: [],
      model: strict
    }),
    { onNone: () => null, onSome: ({ message }) => message }
  )

const Move = Schema.Struct({
  odd: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: oddities.length - 1 })),
  words: Schema.Literals(["", " \n", "I look.", "I look.\n\n", "half \ud83d", "\udc00 half"]),
  call: Schema.Boolean,
  input: Schema.Literals(["", "half \ud83d"]),
  stopReason: Schema.Literals(["end_turn", "max_tokens", "pause_turn"]),
  thinkingRefused: Schema.Boolean
})
type Move = typeof Move.Type

const replyOf = ({ call, input, odd, stopReason, words }: Move, turn: number): Reply => {
  const name = "read_comments"
  const plain = [
    { type: "text" as const, text: words },
    ...(call ? [{ type: "tool_use" as const, name, input: { page: 1, note: input }, id: `toolu_${turn}` }] : [])
  ]
  const { content, stopReason: oddReason } = (oddities[odd] ?? ((it) => it))({ content: plain })
  const blocks = content.map((block): Block =>
    block.type === "thinking" ? { ...block, signature: block.signature ?? "signed" } : block
  )
  return reply(blocks, { stopReason: oddReason ?? (call ? "tool_use" : stopReason) })
}

/** A conversation that goes on for as long as there are moves, and what the strict stand-in refused of it. */
const refusals = (moves: ReadonlyArray<Move>) => {
  const found = new Array<string>()
  let transcript = empty
  const turns = moves.values()
  for (;;) {
    const step = nextStep(transcript)
    if (step._tag === "Begin" || step._tag === "Ask") {
      transcript = advance(transcript, asked(step._tag === "Begin" ? "The issue." : step.text))
    } else if (step._tag === "RunTool") {
      transcript = advance(advance(transcript, started(step.call.use.id)), ended(step.call.use.id, "half \ud83d"))
    } else if (step._tag === "RefuseTool") {
      transcript = advance(transcript, ended(step.call.use.id, step.why, true))
    } else if (step._tag === "Send") {
      const refused = refusal(transcript)
      if (refused !== null) found.push(refused)
      const { done, value: move } = turns.next()
      if (done === true) return found
      if (move.thinkingRefused) transcript = advance(transcript, { _tag: "ThinkingRefused" })
      transcript = advance(transcript, { _tag: "Replied", reply: replyOf(move, transcript.turns), elapsed: 1 })
    } else return found
  }
}

describe("cleanView", () => {
  it.prop(
    "is accepted by the strict stand-in, whatever replies there were",
    [Arbitrary.array(Arbitrary.schema(Move), { maxLength: 30 })],
    ([moves]) => assert.deepStrictEqual(refusals(moves), []),
    { arbitrary: { runs: 200 } }
  )

  it("leaves a conversation alone that the API takes back", () => {
    const messages = [
      user("Look."),
      model(thinking("signed"), text("I look."), toolUse("read_comments")),
      { role: "user" as const, content: [{ type: "tool_result", tool_use_id: "toolu_read_comments", content: "" }] }
    ]
    assert.deepStrictEqual(cleanView(messages, 0), messages)
  })

  it("leaves out texts without a word, and messages that become empty with them", () => {
    assert.deepStrictEqual(cleaned(user("Look."), model(text(""), text(" \n")), user("Go on.")), [
      { role: "user", content: [text("Look."), text("Go on.")] }
    ])
  })

  it("leaves out thinking that was cut, signed or not", () => {
    assert.deepStrictEqual(cleaned(user("Look."), model(thinking())), [user("Look.")])
    assert.deepStrictEqual(cleaned(user("Look."), model(thinking(""))), [user("Look.")])
    assert.deepStrictEqual(cleaned(user("Look."), model(text("I look."), thinking("signed"))), [
      user("Look."),
      model(text("I look."))
    ])
  })

  it("ends the words of the model without white space, and joins those of a paused turn", () => {
    assert.deepStrictEqual(cleaned(user("Look."), model(text("I look.\n")), model(text("Further. "))), [
      user("Look."),
      model(text("I look."), text("Further."))
    ])
  })

  it("mends half of a character, but never in what is signed", () => {
    const summary: Block = { type: "compaction", content: "half \ud83d", signature: "signed" }
    assert.deepStrictEqual(cleaned(model(summary), user("half \ud83d"), model(toolUse("x", { a: ["\udc00"] }))), [
      model(summary),
      user("half \ufffd"),
      model(toolUse("x", { a: ["\ufffd"] }))
    ])
  })

  it("gives a call without an object for its input one", () => {
    assert.deepStrictEqual(cleaned(user("Look."), model(toolUse("x", "no object"))).at(-1), model(toolUse("x", {})))
  })

  it("leaves out all thinking before the place from which it is accepted", () => {
    const messages = [user("Look."), model(thinking("old"), text("a")), user("b"), model(thinking("new"), text("c"))]
    assert.deepStrictEqual(cleanView(messages, 3)[1], model(text("a")))
    assert.deepStrictEqual(cleanView(messages, 3)[3], messages[3])
    assert.deepStrictEqual([hasThinking(messages, 3), hasThinking(messages, 4)], [true, false])
  })
})
