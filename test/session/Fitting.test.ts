import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { ModelUnavailable } from "../../src/anthropic/ModelError.ts"
import type { ModelRequest } from "../../src/anthropic/ModelRequest.ts"
import { TokenScale } from "../../src/context/TokenScale.ts"
import { estimateTokens } from "../../src/domain/ContextUsage.ts"
import { cutTo } from "../../src/domain/Prompt.ts"
import { Fitting } from "../../src/session/Fitting.ts"
import { models } from "../harness/Models.ts"

const MODEL = "claude-sandbox"
const LONG = "x".repeat(100_000)
const textOf = ({ messages: [message] }: ModelRequest) => String(message?.content[0]?.["text"])

/** A model that makes so many tokens of one that we estimate, and the texts it counted. */
const counting = (density: number) => {
  const counted: Array<number> = []
  const count = (request: ModelRequest) =>
    Effect.sync(() => {
      const tokens = estimateTokens(textOf(request)) * density
      counted.push(tokens)
      return tokens
    })
  return { counted, layer: withCount(count) }
}

const withCount = (count: (request: ModelRequest) => Effect.Effect<number, ModelUnavailable>) =>
  Fitting.layer.pipe(Layer.provideMerge(TokenScale.layer), Layer.provide(models({ count })))

const fitted = Effect.flatMap(Fitting, ({ fit }) => fit(MODEL, 1_000, (tokens) => cutTo(LONG, tokens)))

describe("Fitting", () => {
  it.effect("cuts a text in proportion when the count says that it is too long", () => {
    const { counted, layer } = counting(4)
    return Effect.gen(function* () {
      const text = yield* fitted
      assert.isAtMost(estimateTokens(text) * 4, 1_000)
      assert.isAbove(estimateTokens(text) * 4, 950)
      assert.deepStrictEqual([counted.length, counted[0]], [1, 4_000])
      assert.strictEqual(yield* (yield* TokenScale).of(MODEL), 4)
    }).pipe(Effect.provide(layer))
  })

  it.effect("needs no second cut once it has learned", () => {
    const { counted, layer } = counting(4)
    return Effect.gen(function* () {
      yield* fitted
      counted.length = 0
      assert.isAtMost(estimateTokens(yield* fitted) * 4, 1_000)
      assert.lengthOf(counted, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("counts nothing that is short in any case", () => {
    const { counted, layer } = counting(4)
    return Effect.gen(function* () {
      const { fit } = yield* Fitting
      assert.strictEqual(yield* fit(MODEL, 1_000, () => "short"), "short")
      assert.deepStrictEqual(counted, [])
    }).pipe(Effect.provide(layer))
  })

  it.effect.each([
    ["fails", Effect.fail(new ModelUnavailable({ operation: "count", requestId: null, kind: "connection" }))],
    ["takes too long", Effect.never]
  ] as const)("keeps to the estimate when the count %s", ([, count]) =>
    Effect.gen(function* () {
      const running = yield* Effect.forkChild(fitted)
      yield* TestClock.adjust("10 seconds")
      assert.isAtMost(estimateTokens(yield* Fiber.join(running)), 1_000)
    }).pipe(Effect.provide(withCount(() => count)))
  )
})
