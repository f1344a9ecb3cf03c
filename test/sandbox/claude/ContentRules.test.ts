import Anthropic from "@anthropic-ai/sdk"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { SandboxClaude } from "../../../src/sandbox/claude/SandboxClaude.ts"
import { call, question, thrown } from "./Client.ts"

type Block = Record<string, unknown>

const user = (text: string) => ({ role: "user", content: [{ type: "text", text }] })
const model = (...content: ReadonlyArray<Block>) => ({ role: "assistant", content })
const text = (words: string): Block => ({ type: "text", text: words })
const thinking = { type: "thinking", thinking: "Hm." }
const use = (id: string, input: unknown): Block => ({ type: "tool_use", id, name: "look", input })
const result = (id: string) => ({ role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "seen" }] })

const refusals: ReadonlyArray<readonly [RegExp, ReadonlyArray<unknown>]> = [
  [/text content blocks must be non-empty/, [user("a"), model(text("")), user("b")]],
  [/must contain non-whitespace text/, [user("a"), model(text(" \n")), user("b")]],
  [/messages\.1\.content\.0\.thinking\.signature: Field required/, [user("a"), model(thinking, text("b"))]],
  [
    /messages\.1\.content\.0: Invalid `signature` in `thinking` block/,
    [user("a"), model({ ...thinking, signature: "00" }, text("b"))]
  ],
  [
    /messages\.1: The final block in an assistant message cannot be `thinking`/,
    [user("a"), model(text("b"), { ...thinking, signature: "00" }), user("c")]
  ],
  [/cannot end with trailing whitespace/, [user("a"), model(text("b\n"))]],
  [/must have non-empty content/, [user("a"), model(), user("b")]],
  [/not valid JSON/, [user("half \ud83d")]],
  [/Input should be a valid dictionary/, [user("a"), model(use("toolu_1", "x")), result("toolu_1")]],
  [
    /`tool_use` ids must be unique/,
    [user("a"), model(use("toolu_1", {})), result("toolu_1"), model(use("toolu_1", {})), result("toolu_1")]
  ]
]

const asked = (messages: ReadonlyArray<unknown>) => ({
  ...question(""),
  messages: messages as Anthropic.Beta.BetaMessageParam[]
})

layer(SandboxClaude.layer)("ContentRules", (it) => {
  it.effect("refuse what the API does not take back", () =>
    Effect.forEach(
      refusals,
      Effect.fnUntraced(function* ([expected, messages]) {
        const error = yield* thrown((client) => client.beta.messages.create(asked(messages)))
        assert.instanceOf(error, Anthropic.BadRequestError)
        assert.match(error.message, expected)
      }),
      { discard: true }
    )
  )

  it.effect("take back thinking as it was given, until it is forgotten", () =>
    Effect.gen(function* () {
      const claude = yield* SandboxClaude
      yield* claude.respond(() => ({
        content: [
          { type: "thinking", thinking: "Hm. 🙂" },
          { type: "text", text: "a" }
        ]
      }))
      const streamed = yield* call((client) => client.beta.messages.stream(question("Hello")).finalMessage())
      const messages = [user("Hello"), { role: "assistant", content: streamed.content }, user("And?")]
      yield* call((client) => client.beta.messages.create(asked(messages)))
      yield* claude.forgetThinking
      const error = yield* thrown((client) => client.beta.messages.create(asked(messages)))
      assert.match(String(error), /Invalid `signature` in `thinking` block/)
    })
  )

  it.effect("refuse more output than the model has, and for older models than there is room for", () =>
    Effect.gen(function* () {
      const more = yield* thrown((client) => client.beta.messages.create({ ...question("Hello"), max_tokens: 5_000 }))
      assert.match(String(more), /max_tokens: 5000 > 4096/)
      const long = { ...question("x".repeat(20_000), "claude-sandbox-older"), max_tokens: 4_000 }
      const error = yield* thrown((client) => client.beta.messages.create(long))
      assert.match(String(error), /exceed context limit: 50\d\d \+ 4000 > 8000/)
      yield* call((client) => client.beta.messages.create({ ...long, max_tokens: 2_000 }))
    })
  )
})
