import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Layer, Ref } from "effect"
import { TestClock } from "effect/testing"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
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
