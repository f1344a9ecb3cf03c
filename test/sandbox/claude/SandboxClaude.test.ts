import Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { SandboxClaude } from "../../../src/sandbox/claude/SandboxClaude.ts"
import { call, COMPACTION, question, thrown } from "./Client.ts"

const TOOL_USE = {
  type: "tool_use",
  name: "look",
  input: { where: "everywhere, behind the curtain and under the bed" }
} as const

layer(SandboxClaude.layer, { excludeTestServices: true })("SandboxClaude", (it) => {
  it.effect("gives the same message streamed and as JSON", () =>
    Effect.gen(function* () {
      const claude = yield* SandboxClaude
      yield* claude.respond(() => ({ content: [{ type: "text", text: "A 🙂 long thought. ".repeat(20) }, TOOL_USE] }))
      const streamed = yield* call((client) => client.beta.messages.stream(question("Hello")).finalMessage())
      const whole = yield* call((client) => client.beta.messages.create(question("Hello")))
      assert.deepStrictEqual(
        streamed.content.map((block) => ({ ...block, id: "" })),
        whole.content.map((block) => ({ ...block, id: "" }))
      )
      assert.strictEqual(streamed.stop_reason, "tool_use")
      assert.deepStrictEqual(streamed.usage, whole.usage)
      assert.isString(whole._request_id)
    })
  )

  it.effect("counts what it bills", () =>
    Effect.gen(function* () {
      const claude = yield* SandboxClaude
      yield* claude.respond(() => ({ content: [{ type: "text", text: "x" }], outputTokens: 500 }))
      const asked = {
        ...question("Count this"),
        system: "Be short",
        tools: [{ name: "t", input_schema: { type: "object" as const } }]
      }
      const { max_tokens: _, ...counted } = asked
      const { input_tokens } = yield* call((client) => client.beta.messages.countTokens(counted))
      const { usage } = yield* call((client) => client.beta.messages.create(asked))
      assert.strictEqual(usage.input_tokens, input_tokens)
      assert.strictEqual(usage.output_tokens, 500)
    })
  )

  it.effect("reads from the cache what an earlier request began with", () =>
    Effect.gen(function* () {
      const cache_control = { type: "ephemeral" as const }
      const first = { ...question("The beginning. ".repeat(50)), cache_control }
      const next = {
        ...first,
        messages: [
          ...first.messages,
          { role: "assistant" as const, content: "Yes" },
          { role: "user" as const, content: "And?" }
        ]
      }
      const written = yield* call((client) => client.beta.messages.create(first))
      const read = yield* call((client) => client.beta.messages.create(next))
      assert.strictEqual(written.usage.cache_read_input_tokens, 0)
      assert.isAbove(written.usage.cache_creation_input_tokens ?? 0, 100)
      assert.isAbove(read.usage.cache_read_input_tokens ?? 0, 100)
      const { input_tokens } = yield* call((client) =>
        client.beta.messages.countTokens({ model: next.model, messages: next.messages })
      )
      const { usage } = read
      const sum = usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0)
      assert.strictEqual(sum, input_tokens)
    })
  )

  it.effect("tells a model's window, and its compaction only to those who ask with the beta", () =>
    Effect.gen(function* () {
      const plain = yield* call((client) => client.beta.models.retrieve("claude-sandbox-small"))
      const beta = yield* call((client) => client.beta.models.retrieve("claude-sandbox-small", { betas: [COMPACTION] }))
      const without = yield* call((client) =>
        client.beta.models.retrieve("claude-sandbox-plain", { betas: [COMPACTION] })
      )
      assert.strictEqual(plain.max_input_tokens, 8_000)
      assert.strictEqual(plain.max_tokens, 4_096)
      assert.isUndefined(plain.capabilities?.compaction)
      assert.isTrue(beta.capabilities?.compaction?.summarize.supported)
      assert.isFalse(without.capabilities?.compaction?.summarize.supported)
    })
  )

  it.effect("refuses another key, another model and a prompt that is too long", () =>
    Effect.gen(function* () {
      const { url, requests } = yield* SandboxClaude
      const stranger = yield* thrown(() =>
        new Anthropic({ baseURL: url, apiKey: "other", maxRetries: 0 }).beta.messages.create(question("Hello"))
      )
      assert.instanceOf(stranger, Anthropic.AuthenticationError)
      assert.strictEqual((yield* requests).at(-1)?.status, 401)
      assert.instanceOf(
        yield* thrown((client) => client.beta.messages.create(question("Hello", "claude-unknown"))),
        Anthropic.NotFoundError
      )
      const long = yield* thrown((client) =>
        client.beta.messages.stream(question("x".repeat(9_000), "claude-sandbox-tiny")).finalMessage()
      )
      assert.instanceOf(long, Anthropic.BadRequestError)
      assert.match(long.message, /prompt is too long: 22\d\d tokens > 2000 maximum/)
    })
  )

  it.effect("refuses a conversation whose tool calls and results do not match", () =>
    Effect.gen(function* () {
      const use = { type: "tool_use" as const, id: "toolu_1", name: "look", input: {} }
      const result = { type: "tool_result" as const, tool_use_id: "toolu_1", content: "seen" }
      const user = { role: "user" as const, content: "Hello" }
      const used = { role: "assistant" as const, content: [use] }
      const conversations = [
        [user, used, user],
        [user, { role: "user" as const, content: [result] }],
        [used, { role: "user" as const, content: [result] }]
      ]
      for (const messages of conversations) {
        const error = yield* thrown((client) => client.beta.messages.create({ ...question(""), messages }))
        assert.instanceOf(error, Anthropic.BadRequestError)
      }
      yield* call((client) =>
        client.beta.messages.create({ ...question(""), messages: [user, used, { role: "user", content: [result] }] })
      )
    })
  )

  it.effect("holds a stream half way until it is released", () =>
    Effect.gen(function* () {
      const claude = yield* SandboxClaude
      yield* claude.respond(() => ({ content: [{ type: "text", text: "0123456789".repeat(40) }] }))
      const { arrived, release } = yield* claude.hold("messages")
      const seen: Array<string> = []
      const fiber = yield* Effect.forkChild(
        call((client) =>
          client.beta.messages
            .stream(question("Hello"))
            .on("text", (text) => seen.push(text))
            .finalMessage()
        )
      )
      yield* arrived
      assert.strictEqual(fiber.pollUnsafe(), undefined)
      yield* release
      const message = yield* Fiber.join(fiber)
      assert.isAbove(seen.length, 5)
      assert.strictEqual(
        seen.join(""),
        message.content.map((block) => (block.type === "text" ? block.text : "")).join("")
      )
    })
  )

  it.effect("holds a count before its answer", () =>
    Effect.gen(function* () {
      const claude = yield* SandboxClaude
      const { arrived, release } = yield* claude.hold("count_tokens")
      const { max_tokens: _, ...counted } = question("Hello")
      const fiber = yield* Effect.forkChild(call((client) => client.beta.messages.countTokens(counted)))
      yield* arrived
      assert.strictEqual((yield* claude.requests).at(-1)?.status, 0)
      yield* release
      assert.isAbove((yield* Fiber.join(fiber)).input_tokens, 0)
      assert.strictEqual((yield* claude.requests).at(-1)?.status, 200)
    })
  )

  it.effect("sees that a client went away, and that no other did", () =>
    Effect.gen(function* () {
      const claude = yield* SandboxClaude
      for (const operation of ["messages", "count_tokens"] as const) {
        const { arrived } = yield* claude.hold(operation)
        const { max_tokens: _, ...counted } = question("Hello")
        const fiber = yield* Effect.forkChild(
          call<unknown>((client, signal) =>
            operation === "messages"
              ? client.beta.messages.stream(question("Hello"), { signal }).finalMessage()
              : client.beta.messages.countTokens(counted, { signal })
          )
        )
        yield* arrived
        yield* Fiber.interrupt(fiber)
        const last = Effect.map(claude.requests, (all) => all.at(-1))
        yield* last.pipe(
          Effect.repeat({ until: (request) => request?.operation === operation && request.aborted }),
          Effect.timeout("5 seconds")
        )
      }
      assert.strictEqual((yield* claude.requests).filter(({ aborted }) => aborted).length, 2)
    })
  )

  it.effect("spaces the deltas of a stream where it was asked to", () =>
    Effect.gen(function* () {
      const claude = yield* SandboxClaude
      yield* claude.respond(() => ({ content: [{ type: "text", text: "0123456789".repeat(40) }] }))
      yield* claude.pace("10 millis")
      const [taken] = yield* Effect.timed(
        call((client) => client.beta.messages.stream(question("Hello")).finalMessage())
      )
      yield* claude.pace(0)
      assert.isAtLeast(Duration.toMillis(taken), 90)
    })
  )

  it.effect("records what was sent", () =>
    Effect.gen(function* () {
      const { requests } = yield* SandboxClaude
      yield* call((client) =>
        client.beta.messages.create({ ...question("Remember me"), metadata: { user_id: "u" }, betas: [COMPACTION] })
      )
      const last = (yield* requests).at(-1)
      assert.deepStrictEqual(last?.betas, [COMPACTION])
      assert.deepStrictEqual(last?.body?.messages, [{ role: "user", content: "Remember me" }])
      assert.deepStrictEqual(last?.body?.["metadata"], { user_id: "u" })
    })
  )
})

describe("SandboxClaude", () => {
  it.live("stops at once, whoever still waits for an answer", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(SandboxClaude.layer, scope)
      const claude = Context.get(context, SandboxClaude)
      const held = yield* Effect.forEach(["messages", "count_tokens"] as const, (operation) => claude.hold(operation))
      const { max_tokens: _, ...counted } = question("Hello")
      const fiber = yield* Effect.all(
        [
          thrown((client) => client.beta.messages.stream(question("Hello")).finalMessage()),
          thrown((client) => client.beta.messages.countTokens(counted))
        ],
        { concurrency: "unbounded" }
      ).pipe(Effect.provideContext(context), Effect.forkChild)
      yield* Effect.forEach(held, ({ arrived }) => arrived)
      const [taken] = yield* Effect.timed(Scope.close(scope, Exit.void))
      assert.isBelow(Duration.toMillis(taken), 1_000)
      for (const error of yield* Fiber.join(fiber)) assert.instanceOf(error, Anthropic.AnthropicError)
    })
  )
})
