import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import type { ModelError } from "../../src/anthropic/ModelError.ts"
import type { ClaudeFault, Operation } from "../../src/sandbox/claude/Fault.ts"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { AnthropicTest, MAX_OUTPUT, request, turn } from "./support.ts"

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

layer(AnthropicTest().pipe(Layer.provideMerge(SandboxClaude.layer)))("Anthropic in trouble", (it) => {
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
})
