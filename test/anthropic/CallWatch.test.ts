import { assert, layer } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Layer, Ref } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import { setImmediate } from "node:timers/promises"
import type { ModelError } from "../../src/anthropic/ModelError.ts"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { AnthropicTest, MAX_OUTPUT, request, turn, until } from "./support.ts"

layer(AnthropicTest().pipe(Layer.provideMerge(SandboxClaude.layer)))("CallWatch", (it) => {
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

  const dripping = Effect.fnUntraced(function* <A, R>(
    call: Effect.Effect<A, ModelError, R>,
    piece: string,
    between: Duration.Duration
  ) {
    let body: ReadableStreamDefaultController<Uint8Array> | undefined
    const answer = new ReadableStream<Uint8Array>({ start: (controller) => void (body = controller) })
    const running = yield* Effect.forkChild(
      Effect.flip(
        Effect.provideService(call, FetchHttpClient.Fetch, () =>
          Promise.resolve(new Response(answer, { headers: { "content-type": "text/event-stream" } }))
        )
      )
    )
    const drip = Effect.andThen(
      Effect.promise(() => {
        body?.enqueue(new TextEncoder().encode(piece))
        return setImmediate()
      }),
      TestClock.adjust(between)
    )
    const began = yield* Clock.currentTimeMillis
    yield* drip
    while (running.pollUnsafe() === undefined) yield* drip
    return { error: yield* Fiber.join(running), after: (yield* Clock.currentTimeMillis) - began }
  })

  it.effect("gives a stream up that only pings", () =>
    Effect.gen(function* () {
      const { after, error } = yield* dripping(turn(), 'event: ping\ndata: {"type":"ping"}\n\n', Duration.seconds(20))
      assert.deepInclude(error, { _tag: "ModelUnavailable", kind: "endless" })
      assert.strictEqual(after, Duration.toMillis("15 minutes"))
    })
  )

  it.effect("gives a models endpoint up that drips a byte a second", () =>
    Effect.gen(function* () {
      const anthropic = yield* Anthropic
      const { after, error } = yield* dripping(anthropic.info("claude-sandbox"), " ", Duration.seconds(1))
      assert.deepInclude(error, { _tag: "ModelUnavailable", kind: "endless" })
      assert.strictEqual(after, Duration.toMillis("2 minutes"))
    })
  )

  it.effect("gives an answer up that is longer than any of the API's", () =>
    Effect.gen(function* () {
      const { after, error } = yield* dripping(turn(), ": ".padEnd(8 * 1024 * 1024), Duration.millis(1))
      assert.strictEqual(error._tag, "ModelUnavailable")
      assert.isBelow(after, 100)
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
