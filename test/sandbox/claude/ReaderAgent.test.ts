import type Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect } from "effect"
import { readerAgent } from "../../../src/sandbox/claude/ReaderAgent.ts"
import { SandboxClaude } from "../../../src/sandbox/claude/SandboxClaude.ts"
import { call, COMPACTION, question } from "./Client.ts"

const PAGES = 7
const PROMPT = "Issue #12: The parser leaks\n\nWork on this issue."

const tools = ["read_comments", "progress", "finish"].map((name) => ({
  name,
  input_schema: { type: "object" as const }
}))

const answer = (name: string, input: unknown): string => {
  const page = (input as { readonly page?: number }).page
  if (name !== "read_comments" || page === undefined) return "ok"
  return `page ${page} of ${PAGES}\n${"somebody said something\n".repeat(10)}${page === PAGES ? "no more comments" : ""}`
}

describe("ReaderAgent", () => {
  const asked = (text: string) => ({ ...question(text), tools })
  const next = (text: string) => readerAgent(asked(text)).content.find(({ type }) => type === "tool_use")

  it("begins with the first page", () => {
    assert.deepInclude(next(PROMPT), { name: "read_comments", input: { page: 1 } })
  })

  it("goes on after the page that a handover names", () => {
    assert.deepInclude(next(`${PROMPT}\nHandover: read up to page 4 of 7`), { input: { page: 5 } })
  })

  it("does not take a page for read that could not be read", () => {
    const request = {
      ...asked(PROMPT),
      messages: [
        ...asked(PROMPT).messages,
        {
          role: "assistant" as const,
          content: [{ type: "tool_use", id: "t", name: "read_comments", input: { page: 1 } }]
        },
        {
          role: "user" as const,
          content: [{ type: "tool_result", tool_use_id: "t", is_error: true, content: "page 1 failed" }]
        }
      ]
    }
    assert.deepInclude(readerAgent(request).content[1], { input: { page: 1 } })
  })

  it("only talks where it has no tools", () => {
    assert.deepStrictEqual(
      readerAgent(question(PROMPT)).content.map(({ type }) => type),
      ["text"]
    )
  })
})

layer(SandboxClaude.layer)("ReaderAgent over HTTP", (it) => {
  const work = (compactAt: number) =>
    Effect.gen(function* () {
      let messages: Array<Anthropic.Beta.BetaMessageParam> = [{ role: "user", content: PROMPT }]
      const calls: Array<string> = []
      for (let turn = 1; turn < 30; turn++) {
        const request = { ...question(""), tools, messages, betas: [COMPACTION] }
        if (turn === compactAt) {
          const { content } = yield* call((client) =>
            client.beta.messages.create({ ...request, compaction: { type: "summarize" } })
          )
          messages = [
            { role: "assistant", content },
            { role: "user", content: "Go on." }
          ]
          continue
        }
        const reply = yield* call((client) => client.beta.messages.stream(request).finalMessage())
        const use = reply.content.find((block) => block.type === "tool_use")
        if (use === undefined) return { calls, text: reply.content[0]?.type === "text" ? reply.content[0].text : "" }
        calls.push(use.name === "read_comments" ? `page ${(use.input as { readonly page: number }).page}` : use.name)
        if (use.name === "finish")
          assert.include((use.input as { readonly answer: string }).answer, '"The parser leaks"')
        messages = [
          ...messages,
          { role: "assistant", content: reply.content },
          {
            role: "user",
            content: [{ type: "tool_result", tool_use_id: use.id, content: answer(use.name, use.input) }]
          }
        ]
      }
      return { calls, text: "never ended" }
    })

  it.effect("reads every page, reports after every third, and finishes", () =>
    Effect.gen(function* () {
      const { calls, text } = yield* work(0)
      const expected = "page 1, page 2, page 3, progress, page 4, page 5, page 6, progress, page 7, finish"
      assert.strictEqual(calls.join(", "), expected)
      assert.include(text, "is done")
    })
  )

  it.effect("reads no page twice when it is compacted at any turn", () =>
    Effect.gen(function* () {
      for (const turn of [2, 3, 6, 10]) {
        const { calls } = yield* work(turn)
        assert.deepStrictEqual(
          calls.filter((name) => name !== "progress"),
          ["page 1", "page 2", "page 3", "page 4", "page 5", "page 6", "page 7", "finish"]
        )
      }
    })
  )
})
