import { assert, describe, it } from "@effect/vitest"
import { Array, Effect, Fiber } from "effect"
import { HttpServerRequest } from "effect/http"
import { makeBodyReader } from "../../src/webhook/RequestBody.ts"
import { MAX_BODY_BYTES } from "../../src/webhook/RequestHead.ts"
import { eventually } from "../harness/Eventually.ts"

const WHOLE = new Uint8Array(MAX_BODY_BYTES)

const requestOf = (body: RequestInit["body"]) =>
  HttpServerRequest.fromWeb(
    new Request("http://coordinator.test", { method: "POST", body: body ?? null, duplex: "half" })
  )

/** One chunk, and never an end. */
const unfinished = (chunk: Uint8Array) =>
  requestOf(new ReadableStream({ start: (controller) => controller.enqueue(chunk) }))

describe("RequestBody", () => {
  it.effect("puts the chunks of a body together", () =>
    Effect.gen(function* () {
      const read = yield* makeBodyReader
      const chunks = ["pay", "", "load"].map((text) => new TextEncoder().encode(text))
      const body = yield* read(requestOf(ReadableStream.from(chunks)))
      assert.strictEqual(new TextDecoder().decode(body), "payload")
    })
  )

  it.effect("takes a body in a hundred thousand chunks as readily as one in few", () =>
    Effect.gen(function* () {
      const read = yield* makeBodyReader
      const body = yield* read(requestOf(ReadableStream.from(Array.makeBy(100_000, () => new Uint8Array(2)))))
      assert.strictEqual(body.length, 200_000)
    })
  )

  it.effect("holds 256 MiB of all bodies together, answers 503 beyond it, and has room again after a request", () =>
    Effect.gen(function* () {
      const read = yield* makeBodyReader
      const inScope = (request: HttpServerRequest.HttpServerRequest) => Effect.scoped(read(request))
      const crowd = yield* Effect.forEach(
        Array.makeBy(256, () => unfinished(WHOLE)),
        (request) => Effect.forkChild(inScope(request), { startImmediately: true })
      )
      const attempt = Effect.suspend(() => inScope(requestOf("{}"))).pipe(
        Effect.match({ onFailure: ({ headers, status }) => [status, headers["retry-after"]], onSuccess: () => "taken" })
      )
      yield* eventually("there is no room", attempt, (it) => it !== "taken")
      assert.deepStrictEqual(yield* attempt, [503, "1"])
      yield* Fiber.interrupt(Array.getUnsafe(crowd, 0))
      assert.strictEqual(yield* attempt, "taken")
    })
  )

  it.effect("is not kept from reading by bodies that are held back", () =>
    Effect.gen(function* () {
      const read = yield* makeBodyReader
      yield* Effect.forEach(
        Array.makeBy(2_000, () => unfinished(new Uint8Array(1))),
        (request) => Effect.forkChild(Effect.scoped(read(request)), { startImmediately: true })
      )
      assert.strictEqual((yield* read(requestOf("{}"))).length, 2)
    })
  )
})
