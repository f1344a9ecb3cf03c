import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Layer, Ref, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import type { ModelError } from "../../src/anthropic/ModelError.ts"
import type { StreamUsage } from "../../src/anthropic/ModelRequest.ts"
import type { ClaudeFault } from "../../src/sandbox/claude/Fault.ts"
import type { Operation } from "../../src/sandbox/claude/Operation.ts"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { AnthropicTest, request, until } from "./support.ts"
import { recorded } from "./Wire.ts"

const MAX_OUTPUT = 4_096
const ignore = () => Effect.void

const turn = (asked = request()) => Effect.flatMap(Anthropic, (anthropic) => anthropic.turn(asked, MAX_OUTPUT, ignore))

const last = Effect.flatMap(SandboxClaude, ({ requests }) => Effect.map(requests, (all) => all.at(-1)))

/** As it is on the wire. */
const toText = Schema.encodeUnknownSync(Schema.fromJsonString(Schema.Unknown))

const failing = <A>(operation: Operation, fault: ClaudeFault, call: Effect.Effect<A, ModelError, Anthropic>) =>
  Effect.gen(function* () {
    const claude = yield* SandboxClaude
    yield* claude.fail(operation, fault)
    return yield* Effect.flip(call)
  })

const outage = <A>(operation: Operation, fault: ClaudeFault, call: Effect.Effect<A, ModelError, Anthropic>) =>
  Effect.map(failing(operation, fault, call), (error) =>
    error._tag === "ModelUnavailable" ? error.kind : `not an outage: ${error.message}`
  )

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
      assert.isFalse(halfway?.exact)
      assert.strictEqual(halfway?.input, input)
      assert.deepStrictEqual((yield* Ref.get(told)).at(-1), { input, output: usage.output_tokens, exact: true })
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
      assert.strictEqual(unknown._tag, "ModelRejected")
      assert.include(unknown.message, "ANTHROPIC_MODEL")
    })
  )

  it.effect("tells refusals apart", () =>
    Effect.gen(function* () {
      const limited = yield* failing(
        "messages",
        { kind: "status", status: 429, headers: { "retry-after": "7" } },
        turn()
      )
      assert.deepInclude(limited, { _tag: "ModelRateLimited", operation: "turn", retryAfter: 7_000 })
      assert.match(limited.requestId ?? "", /^req_/)
      const spent = yield* failing(
        "messages",
        { kind: "status", status: 429, code: "enforced_spend_limit_reached" },
        turn()
      )
      assert.strictEqual(spent._tag, "ModelSpendLimit")
      assert.strictEqual((yield* failing("messages", { kind: "status", status: 529 }, turn()))._tag, "ModelOverloaded")
      assert.strictEqual((yield* failing("messages", { kind: "status", status: 401 }, turn()))._tag, "ModelAuth")
      const long = yield* Effect.flip(turn(request("word ".repeat(2_000), { model: "claude-sandbox-tiny" })))
      assert.strictEqual(long._tag, "ContextOverflow")
    })
  )

  it.effect("tells outages apart", () =>
    Effect.gen(function* () {
      const anthropic = yield* Anthropic
      const count = anthropic.count(request())
      assert.strictEqual(yield* outage("messages", { kind: "reset" }, turn()), "connection")
      assert.strictEqual(yield* outage("messages", { kind: "drop" }, turn()), "streamCut")
      assert.strictEqual(yield* outage("messages", { kind: "eof" }, turn()), "streamCut")
      assert.strictEqual(yield* outage("messages", { kind: "sseGarbage" }, turn()), "malformed")
      assert.strictEqual(yield* outage("messages", { kind: "malformed" }, turn()), "malformed")
      assert.strictEqual(yield* outage("messages", { kind: "html", status: 200 }, turn()), "malformed")
      assert.strictEqual(yield* outage("messages", { kind: "html", status: 502 }, turn()), "server")
      assert.strictEqual(yield* outage("messages", { kind: "status", status: 500 }, turn()), "server")
      assert.strictEqual(yield* outage("count_tokens", { kind: "malformed" }, count), "malformed")
      assert.strictEqual(yield* outage("count_tokens", { kind: "html", status: 200 }, count), "malformed")
      assert.strictEqual(yield* outage("models", { kind: "malformed" }, anthropic.info("claude-sandbox")), "malformed")
      const overloaded = yield* failing("messages", { kind: "sseError" }, turn())
      assert.strictEqual(overloaded._tag, "ModelOverloaded")
      assert.match(overloaded.requestId ?? "", /^req_/)
    })
  )

  it.effect("hands on a compaction that brought no summary", () =>
    Effect.gen(function* () {
      const { fail } = yield* SandboxClaude
      const anthropic = yield* Anthropic
      yield* fail("compact", { kind: "emptyCompaction", stopReason: "max_tokens" })
      const reply = yield* anthropic.compact(request(), MAX_OUTPUT)
      assert.deepStrictEqual([reply.content, reply.stopReason], [[], "max_tokens"])
    })
  )

  it.effect("aborts the call when it is interrupted", () =>
    Effect.gen(function* () {
      const { hold, requests } = yield* SandboxClaude
      const half = yield* hold("messages")
      const running = yield* Effect.forkChild(turn())
      yield* half.arrived
      yield* Fiber.interrupt(running)
      yield* until(Effect.map(requests, (all) => all.at(-1)?.aborted === true))
    })
  )

  it.effect("gives a stream up after two minutes without a byte", () =>
    Effect.gen(function* () {
      const { fail, requests } = yield* SandboxClaude
      const before = (yield* requests).length
      yield* fail("messages", { kind: "stall" })
      const told = yield* Ref.make(0)
      const anthropic = yield* Anthropic
      const running = yield* Effect.forkChild(
        Effect.flip(anthropic.turn(request(), MAX_OUTPUT, ({ output }) => Ref.set(told, output)))
      )
      yield* until(Effect.map(Ref.get(told), (output) => output > 0))
      yield* TestClock.adjust("119 seconds")
      assert.isUndefined(running.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* Fiber.join(running), { _tag: "ModelUnavailable", kind: "stalled" })
      yield* until(Effect.map(requests, (all) => all[before]?.aborted === true))
    })
  )

  it.effect("gives a call up that has no answer within a minute", () =>
    Effect.gen(function* () {
      const { hold } = yield* SandboxClaude
      const anthropic = yield* Anthropic
      const held = yield* hold("count_tokens")
      const running = yield* Effect.forkChild(Effect.flip(anthropic.count(request())))
      yield* held.arrived
      yield* TestClock.adjust("60 seconds")
      assert.deepInclude(yield* Fiber.join(running), { _tag: "ModelUnavailable", kind: "timeout" })
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
