import { assert, describe, it } from "@effect/vitest"
import { Array, Effect, Exit, Fiber, Scope } from "effect"
import { Readable } from "node:stream"
import type { Problem } from "../../src/http/Problem.ts"
import { makeBodyReader, MAX_HELD_BYTES } from "../../src/webhook/RequestBody.ts"
import { eventually } from "../harness/Eventually.ts"

const WHOLE = new Uint8Array(MAX_HELD_BYTES / 64)

const bodyOf = (chunks: Iterable<Uint8Array>) => Readable.from(chunks, { objectMode: false })
const small = () => bodyOf([new Uint8Array(2)])
const large = () => bodyOf([WHOLE])

/** One chunk, and never an end. */
const unfinished = (chunk: Uint8Array) => {
  const body = new Readable({ read: () => {} })
  body.push(chunk)
  return body
}

const answerOf = <A>(reading: Effect.Effect<A, Problem>) =>
  Effect.match(reading, {
    onFailure: ({ headers, status }) => [status, headers["retry-after"]],
    onSuccess: () => "taken"
  })

describe("RequestBody", () => {
  it.effect("puts the chunks of a body together", () =>
    Effect.gen(function* () {
      const read = yield* makeBodyReader
      const chunks = ["pay", "", "load"].map((text) => new TextEncoder().encode(text))
      const body = yield* read(bodyOf(chunks))
      assert.strictEqual(new TextDecoder().decode(body), "payload")
    })
  )

  it.effect("takes a body in a hundred thousand chunks as readily as one in few", () =>
    Effect.gen(function* () {
      const read = yield* makeBodyReader
      const body = yield* read(bodyOf(Array.makeBy(100_000, () => new Uint8Array(2))))
      assert.strictEqual(body.length, 200_000)
      assert.isAtMost(body.buffer.byteLength, 400_000)
    })
  )

  it.effect("holds 64 MiB of all bodies together, and ends with 503 the unfinished one that began first", () =>
    Effect.gen(function* () {
      const read = yield* makeBodyReader
      const inScope = (body: Readable) => answerOf(Effect.scoped(read(body)))
      const crowd = yield* Effect.forEach(
        Array.makeBy(66, () => unfinished(WHOLE)),
        (body) => Effect.forkChild(inScope(body), { startImmediately: true })
      )
      const ended = Effect.sync(() => crowd.map((fiber) => fiber.pollUnsafe() !== undefined))
      const first = (count: number) => Array.makeBy(66, (index) => index < count)
      yield* eventually("two were ended for the last two", ended, (it) => it.filter(Boolean).length === 2)
      assert.deepStrictEqual(yield* ended, first(2))
      assert.strictEqual(yield* inScope(small()), "taken")
      assert.deepStrictEqual(yield* ended, first(3))
      assert.deepStrictEqual(yield* Fiber.join(Array.getUnsafe(crowd, 2)), [503, "1"])
      assert.strictEqual(yield* inScope(large()), "taken")
      assert.deepStrictEqual(yield* ended, first(3))
    })
  )

  it.effect("ends no body that is whole, answers 503 when there is no other, and has room again after a request", () =>
    Effect.gen(function* () {
      const read = yield* makeBodyReader
      const attempt = Effect.suspend(() => answerOf(Effect.scoped(read(small()))))
      const request = yield* Scope.make()
      yield* Scope.provide(read(large()), request)
      const bodies = yield* Effect.forEach(Array.range(1, 63), () => read(large()))
      assert.isTrue(bodies.every(({ length }) => length === WHOLE.length))
      assert.deepStrictEqual(yield* attempt, [503, "1"])
      yield* Scope.close(request, Exit.void)
      assert.strictEqual(yield* attempt, "taken")
    })
  )

  it.effect("is not kept from reading by bodies that are held back", () =>
    Effect.gen(function* () {
      const read = yield* makeBodyReader
      yield* Effect.forEach(
        Array.makeBy(2_000, () => unfinished(new Uint8Array(1))),
        (body) => Effect.forkChild(Effect.scoped(read(body)), { startImmediately: true })
      )
      assert.strictEqual((yield* read(small())).length, 2)
    })
  )
})
