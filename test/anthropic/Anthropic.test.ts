import { assert, layer, vi } from "@effect/vitest"
import { Effect, Fiber, Layer, Ref, Schema } from "effect"
import { FetchHttpClient } from "effect/http"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import type { StreamUsage } from "../../src/anthropic/ModelRequest.ts"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { AnthropicTest, MAX_OUTPUT, request, turn, until } from "./support.ts"
import { recorded } from "./Wire.ts"

const last = Effect.flatMap(SandboxClaude, ({ requests }) => Effect.map(requests, (all) => all.at(-1)))

/** As it is on the wire. */
const toText = Schema.encodeUnknownSync(Schema.fromJsonString(Schema.Unknown))

layer(AnthropicTest().pipe(Layer.provideMerge(SandboxClaude.layer)))("Anthropic", (it) => {
  it.effect("streams one turn", () =>
    Effect.gen(function* () {
      const { respond } = yield* SandboxClaude
      yield* respond(() => ({ content: [{ type: "text", text: "Looked at it." }] }))
      const reply = yield* turn()
      assert.deepStrictEqual(reply.content, [{ type: "text", text: "Looked at it." }])
      assert.strictEqual(reply.stopReason, "end_turn")
      assert.isAbove(reply.usage.input_tokens, 0)
    })
  )

  it.effect("sends the conversation unchanged, cached, bounded and without a thread", () =>
    Effect.gen(function* () {
      yield* turn()
      const sent = yield* last
      const { messages, system } = request()
      assert.strictEqual(toText(sent?.body?.messages), toText(messages))
      assert.strictEqual(sent?.body?.system, system)
      assert.deepStrictEqual(sent?.body?.tools, [{ name: "finish", input_schema: { type: "object" } }])
      assert.deepStrictEqual(sent?.body?.cache_control, { type: "ephemeral" })
      assert.strictEqual(sent?.body?.max_tokens, MAX_OUTPUT)
      assert.isUndefined(sent?.body?.["thread"])
      assert.deepStrictEqual(sent?.betas, ["compact-2026-09-04"])
      yield* turn(request("Hello", { canCompact: false }))
      assert.deepStrictEqual((yield* last)?.betas, [])
    })
  )

  it.effect("sends nothing of the SDK's own variables, which nobody set for this service", () =>
    Effect.gen(function* () {
      const foreign = {
        ANTHROPIC_CUSTOM_HEADERS: "x-foreign: yes\nx-api-key: another",
        ANTHROPIC_AUTH_TOKEN: "another",
        ANTHROPIC_BASE_URL: "http://127.0.0.1:1",
        ANTHROPIC_PROFILE: "another",
        ANTHROPIC_LOG: "debug"
      }
      const { apiKey } = yield* SandboxClaude
      const fetch = yield* FetchHttpClient.Fetch
      const sent: Array<Headers> = []
      const watching: typeof fetch = (input, init) => {
        sent.push(new Headers(init?.headers))
        return fetch(input, init)
      }
      yield* Effect.acquireUseRelease(
        Effect.sync(() => Object.entries(foreign).forEach(([name, value]) => vi.stubEnv(name, value))),
        () => Effect.provideService(turn(), FetchHttpClient.Fetch, watching),
        () => Effect.sync(() => vi.unstubAllEnvs())
      )
      assert.deepStrictEqual(
        sent.map((headers) => [headers.get("x-api-key"), headers.get("x-foreign"), headers.get("authorization")]),
        [[null, null, `Bearer ${apiKey}`]]
      )
    })
  )

  it.effect("tells the exact input at the start, a growing output, and the exact output at the end", () =>
    Effect.gen(function* () {
      const { respond, hold } = yield* SandboxClaude
      const anthropic = yield* Anthropic
      yield* respond(() => ({ content: [{ type: "text", text: "word ".repeat(200) }] }))
      const told = yield* Ref.make<ReadonlyArray<StreamUsage>>([])
      const half = yield* hold("messages")
      const running = yield* Effect.forkChild(
        anthropic.turn(request(), MAX_OUTPUT, (usage) => Ref.update(told, (all) => [...all, usage]))
      )
      yield* half.arrived
      yield* until(Effect.map(Ref.get(told), (all) => (all.at(-1)?.output ?? 0) > 0))
      const halfway = (yield* Ref.get(told)).at(-1)
      yield* half.release
      const { usage } = yield* Fiber.join(running)
      const input = usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0)
      assert.strictEqual(halfway?.input, input)
      assert.deepStrictEqual((yield* Ref.get(told)).at(-1), { input, output: usage.output_tokens })
    })
  )

  it.effect("keeps a compaction block byte for byte, so that it can be sent back", () =>
    Effect.gen(function* () {
      const anthropic = yield* Anthropic
      const compacted = yield* recorded(anthropic.compact(request(), MAX_OUTPUT))
      const { content, stopReason } = compacted.result
      assert.strictEqual(stopReason, "compaction")
      assert.lengthOf(content, 1)
      const block = toText(content[0])
      assert.include(compacted.received[0], block)
      assert.deepStrictEqual((yield* last)?.body?.compaction, { type: "summarize" })
      const after = request("", {
        messages: [
          { role: "assistant", content },
          { role: "user", content: [{ type: "text", text: "Go on." }] }
        ]
      })
      const { sent } = yield* recorded(Effect.andThen(anthropic.count(after), turn(after)))
      assert.lengthOf(sent, 2)
      for (const body of sent) assert.include(body, `"messages":[{"role":"assistant","content":[${block}]}`)
    })
  )

  it.effect("adds nothing to the blocks of a reply", () =>
    Effect.gen(function* () {
      const { respond } = yield* SandboxClaude
      const content = [
        { type: "text" as const, text: "I look." },
        { type: "tool_use" as const, id: "toolu_1", name: "finish", input: { status: "done", pages: [1, 2] } }
      ]
      yield* respond(() => ({ content }))
      const reply = yield* turn()
      assert.strictEqual(toText(reply.content), toText(content))
    })
  )

  it.effect("counts the input", () =>
    Effect.gen(function* () {
      const anthropic = yield* Anthropic
      const few = yield* anthropic.count(request("short"))
      assert.isAbove(yield* anthropic.count(request("a much longer request".repeat(50))), few)
    })
  )

  it.effect("knows a model's window, output limit and whether it can compact", () =>
    Effect.gen(function* () {
      const anthropic = yield* Anthropic
      assert.deepStrictEqual(yield* anthropic.info("claude-sandbox"), {
        window: 200_000,
        maxOutput: MAX_OUTPUT,
        canCompact: true
      })
      assert.isFalse((yield* anthropic.info("claude-sandbox-plain")).canCompact)
      const unknown = yield* Effect.flip(anthropic.info("claude-unknown"))
      assert.strictEqual(unknown._tag, "ModelUnfit")
      assert.include(unknown.message, "ANTHROPIC_MODEL")
    })
  )

  it.effect("never assumes a window that the API does not tell", () =>
    Effect.gen(function* () {
      const anthropic = yield* Anthropic
      const answering = (body: Schema.Json) =>
        Effect.provideService(anthropic.info("claude-proxied"), FetchHttpClient.Fetch, () =>
          Promise.resolve(Response.json(body))
        )
      for (const body of [{}, { max_input_tokens: null, max_tokens: null, capabilities: null }]) {
        const error = yield* Effect.flip(answering(body))
        assert.strictEqual(error._tag, "ModelUnfit")
        assert.include(error.message, "does not say how many tokens claude-proxied takes")
      }
      for (const window of [0, -5, 999]) {
        const error = yield* Effect.flip(answering({ max_input_tokens: window }))
        assert.strictEqual(error._tag, "ModelUnfit")
        assert.include(error.message, `says that claude-proxied takes ${window} tokens`)
      }
      assert.strictEqual((yield* answering({ max_input_tokens: 1_000, max_tokens: 0 })).maxOutput, 16_000)
      assert.deepStrictEqual(yield* answering({ max_input_tokens: 1_000, capabilities: { compaction: null } }), {
        window: 1_000,
        maxOutput: 16_000,
        canCompact: false
      })
    })
  )
})

layer(AnthropicTest({ anthropicKey: null }).pipe(Layer.provideMerge(SandboxClaude.layer)))(
  "Anthropic without a key",
  (it) => {
    it.effect("refuses every call and sends nothing", () =>
      Effect.gen(function* () {
        const anthropic = yield* Anthropic
        const error = yield* Effect.flip(turn())
        assert.strictEqual(error._tag, "ModelAuth")
        assert.include(error.message, "ANTHROPIC_API_KEY is not set")
        assert.strictEqual((yield* Effect.flip(anthropic.info("claude-sandbox")))._tag, "ModelAuth")
        assert.isNotNull(anthropic.keyless)
        assert.deepStrictEqual(yield* (yield* SandboxClaude).requests, [])
      })
    )
  }
)

layer(AnthropicTest({ maxOutputTokens: 256 }).pipe(Layer.provideMerge(SandboxClaude.layer)))(
  "Anthropic with a low output limit",
  (it) => {
    it.effect("asks for no more output than the settings allow", () =>
      Effect.gen(function* () {
        yield* turn()
        assert.strictEqual((yield* last)?.body?.max_tokens, 256)
      })
    )
  }
)
