import Anthropic from "@anthropic-ai/sdk"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { ClaudeFault } from "../../../src/sandbox/claude/Fault.ts"
import { SandboxClaude } from "../../../src/sandbox/claude/SandboxClaude.ts"
import { call, COMPACTION, question, thrown } from "./Client.ts"

const streamed = (fault: ClaudeFault) =>
  Effect.gen(function* () {
    const claude = yield* SandboxClaude
    yield* claude.fail("messages", fault)
    return yield* thrown((client) => client.beta.messages.stream(question("Hello")).finalMessage())
  })

const whole = (fault: ClaudeFault) =>
  Effect.gen(function* () {
    const claude = yield* SandboxClaude
    yield* claude.fail("messages", fault)
    return yield* thrown((client) => client.beta.messages.create(question("Hello")))
  })

layer(SandboxClaude.layer)("ClaudeFault", (it) => {
  it.effect("answers with a status, its headers and its code", () =>
    Effect.gen(function* () {
      const limited = yield* streamed({ kind: "status", status: 429, headers: { "retry-after": "7" } })
      assert.instanceOf(limited, Anthropic.RateLimitError)
      assert.strictEqual(limited.headers.get("retry-after"), "7")
      assert.strictEqual(limited.type, "rate_limit_error")
      const unavailable = yield* whole({ kind: "status", status: 529, code: "compaction_unavailable" })
      assert.instanceOf(unavailable, Anthropic.CompactionUnavailableError)
      assert.strictEqual(unavailable.errorCode, "compaction_unavailable")
      assert.isString(unavailable.requestID)
      assert.instanceOf(yield* whole({ kind: "status", status: 529 }), Anthropic.OverloadedError)
    })
  )

  it.effect("answers with broken JSON", () =>
    Effect.gen(function* () {
      assert.instanceOf(yield* whole({ kind: "malformed" }), SyntaxError)
      assert.instanceOf(yield* streamed({ kind: "malformed" }), Anthropic.AnthropicError)
    })
  )

  it.effect("answers with a proxy's page", () =>
    Effect.gen(function* () {
      assert.instanceOf(yield* streamed({ kind: "html", status: 502 }), Anthropic.InternalServerError)
      assert.instanceOf(yield* streamed({ kind: "html", status: 200 }), Anthropic.AnthropicError)
    })
  )

  it.effect("cuts the connection before the answer", () =>
    Effect.gen(function* () {
      assert.instanceOf(yield* streamed({ kind: "reset" }), Anthropic.APIConnectionError)
      assert.instanceOf(yield* whole({ kind: "reset" }), Anthropic.APIConnectionError)
      const { requests } = yield* SandboxClaude
      const last = (yield* requests).at(-1)
      assert.strictEqual(last?.status, 0)
      assert.isFalse(last?.aborted)
    })
  )

  it.effect("cuts the connection in the middle of a stream", () =>
    Effect.gen(function* () {
      const error = yield* streamed({ kind: "drop" })
      assert.instanceOf(error, Anthropic.AnthropicError)
      assert.notInstanceOf(error, Anthropic.APIError)
      assert.strictEqual(error.message, "terminated")
      const { requests } = yield* SandboxClaude
      assert.isFalse((yield* requests).at(-1)?.aborted)
    })
  )

  it.effect("ends a stream early", () =>
    Effect.gen(function* () {
      const error = yield* streamed({ kind: "eof" })
      assert.instanceOf(error, Anthropic.AnthropicError)
      assert.match(error.message, /stream ended without producing/)
    })
  )

  it.effect("puts an error into a stream", () =>
    Effect.gen(function* () {
      const error = yield* streamed({ kind: "sseError" })
      assert.instanceOf(error, Anthropic.APIError)
      assert.isUndefined(error.status)
      assert.strictEqual(error.type, "overloaded_error")
    })
  )

  it.effect("puts garbage into a stream", () =>
    Effect.gen(function* () {
      const error = yield* streamed({ kind: "sseGarbage" })
      assert.instanceOf(error, Anthropic.AnthropicError)
      assert.notInstanceOf(error, Anthropic.APIError)
    })
  )

  it.effect("falls silent in the middle of a stream", () =>
    Effect.gen(function* () {
      const claude = yield* SandboxClaude
      yield* claude.fail("messages", { kind: "stall" })
      const error = yield* thrown((client) => {
        const stream = client.beta.messages.stream(question("Hello"))
        return stream.on("text", () => stream.abort()).finalMessage()
      })
      assert.instanceOf(error, Anthropic.APIUserAbortError)
    })
  )

  it.effect("leaves a compaction without a summary", () =>
    Effect.gen(function* () {
      const claude = yield* SandboxClaude
      yield* claude.fail("compact", { kind: "emptyCompaction", stopReason: "max_tokens" })
      const message = yield* call((client) =>
        client.beta.messages
          .stream({ ...question("Hello"), compaction: { type: "summarize" }, betas: [COMPACTION] })
          .finalMessage()
      )
      assert.deepStrictEqual(message.content, [])
      assert.strictEqual(message.stop_reason, "max_tokens")
      assert.strictEqual(message.usage.iterations?.[0]?.type, "compaction")
    })
  )

  it.effect("lasts as many calls as it was told to, of its own operation", () =>
    Effect.gen(function* () {
      const claude = yield* SandboxClaude
      yield* claude.fail("models", { kind: "status", status: 503 }, 2)
      yield* claude.fail("models", { kind: "status", status: 404 })
      yield* call((client) => client.beta.messages.create(question("Hello")))
      const retrieve = (client: Anthropic) => client.beta.models.retrieve("claude-sandbox")
      assert.instanceOf(yield* thrown(retrieve), Anthropic.InternalServerError)
      assert.instanceOf(yield* thrown(retrieve), Anthropic.InternalServerError)
      assert.instanceOf(yield* thrown(retrieve), Anthropic.NotFoundError)
      yield* call(retrieve)
    })
  )
})
