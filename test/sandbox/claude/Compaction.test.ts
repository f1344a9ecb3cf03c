import Anthropic from "@anthropic-ai/sdk"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { SandboxClaude } from "../../../src/sandbox/claude/SandboxClaude.ts"
import { call, COMPACTION, question, thrown } from "./Client.ts"

type Messages = Anthropic.Beta.BetaMessageParam[]

const betas = [COMPACTION]
const compaction = { type: "summarize" } as const

const history: Messages = [
  { role: "user", content: "Title: A leak in the parser\nPlease look into it." },
  {
    role: "assistant",
    content: [
      { type: "text", text: "I look at the comments." },
      { type: "tool_use", id: "toolu_1", name: "read_comments", input: { page: 1 } }
    ]
  },
  {
    role: "user",
    content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "page 4 of 9\nsee page 70 of the manual" }]
  }
]

const summarise = (messages: Messages) =>
  call((client) => client.beta.messages.create({ ...question(""), messages, compaction, betas }))

const linesOf = ({ content: [block] }: Anthropic.Beta.BetaMessage): ReadonlyArray<string> =>
  block?.type === "compaction" ? (block.content ?? "").split("\n") : []

const refused = (fields: Partial<Anthropic.Beta.MessageCreateParamsNonStreaming>) =>
  Effect.map(
    thrown((client) => client.beta.messages.create({ ...question(""), betas, ...fields })),
    (error) => {
      assert.instanceOf(error, Anthropic.BadRequestError)
      return error.errorCode ?? error.message
    }
  )

layer(SandboxClaude.layer)("Compaction", (it) => {
  it.effect("summarises what was really said, streamed or not", () =>
    Effect.gen(function* () {
      const whole = yield* summarise(history)
      const streamed = yield* call((client) =>
        client.beta.messages.stream({ ...question(""), messages: history, compaction, betas }).finalMessage()
      )
      assert.deepStrictEqual(streamed.content, whole.content)
      const summary = linesOf(whole)
      assert.include(summary, "Last tool result: page 4 of 9")
      assert.include(summary, "Issue title: A leak in the parser")
      assert.include(summary, "Tools used since the last summary: read_comments (1)")
      assert.include(summary, "Last reply: I look at the comments.")
      assert.strictEqual(whole.stop_reason, "compaction")
      assert.strictEqual(whole.usage.input_tokens + whole.usage.output_tokens, 0)
      assert.isAbove(whole.usage.iterations?.[0]?.input_tokens ?? 0, 0)
    })
  )

  it.effect("lets the conversation go on from its block", () =>
    Effect.gen(function* () {
      const first = yield* summarise(history)
      const messages: Messages = [
        { role: "assistant", content: first.content },
        { role: "user", content: "Go on." }
      ]
      const { requests } = yield* SandboxClaude
      yield* call((client) => client.beta.messages.stream({ ...question(""), messages, betas }).finalMessage())
      assert.strictEqual((yield* requests).at(-1)?.operation, "messages")
      const { input_tokens } = yield* call((client) =>
        client.beta.messages.countTokens({ model: "claude-sandbox", messages, betas })
      )
      assert.isAbove(input_tokens, 50)
      const again = yield* summarise(messages)
      assert.deepStrictEqual(
        linesOf(again),
        linesOf(first).filter((line) => !/^Tools|^Last reply/.test(line))
      )
    })
  )

  it.effect("refuses what cannot be compacted", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* refused({ messages: history.slice(0, 2), compaction }), "compaction_incomplete_turn")
      assert.strictEqual(yield* refused({ messages: [], compaction }), "compaction_nothing_to_summarize")
      assert.match(yield* refused({ messages: history, compaction, model: "claude-sandbox-plain" }), /does not support/)
      assert.match(yield* refused({ messages: history, compaction, betas: [] }), /Extra inputs are not permitted/)
      assert.match(yield* refused({ messages: history, compaction, stop_sequences: ["x"] }), /stop_sequences/)
    })
  )

  it.effect("refuses a block that is not where, or not as, it was given out", () =>
    Effect.gen(function* () {
      const { content } = yield* summarise(history)
      const block = content.find(({ type }) => type === "compaction")
      if (block?.type !== "compaction") return assert.fail("no compaction block")
      const user = { role: "user" as const, content: "Go on." }
      const at = (changed: object): Messages => [{ role: "assistant", content: [{ ...block, ...changed }] }, user]
      assert.strictEqual(yield* refused({ messages: at({ signature: "00.00" }) }), "compaction_signature_invalid")
      assert.strictEqual(yield* refused({ messages: at({ content: "Nothing" }) }), "compaction_content_mismatch")
      assert.match(yield* refused({ messages: at({ tool_changes: null }) }), /tool_changes: Extra inputs/)
      assert.match(yield* refused({ messages: at({}), betas: [] }), /compact-2026-09-04/)
      assert.strictEqual(yield* refused({ messages: [user, ...at({})] }), "compaction_block_misplaced")
      assert.strictEqual(yield* refused({ messages: [...at({}), ...at({})] }), "compaction_block_ambiguous")
    })
  )
})
