import { assert, describe, layer } from "@effect/vitest"
import { Array, Clock, Effect, Fiber, Latch, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { Inbox } from "../../src/event/Inbox.ts"
import { bodyOf, issueEvent, signatureOf, signedDelivery } from "../harness/Deliveries.ts"
import { eventually } from "../harness/Eventually.ts"
import { CLOSE, deliveryHead, lengthOf, rawChunk, rawDelivery, rawHead } from "../harness/RawRequest.ts"
import { converse, openSocket, statusesIn } from "../harness/RawSocket.ts"
import { accepting, listening, over, untouched, url } from "./support.ts"

const good = bodyOf(issueEvent())
const signature = signatureOf(good)
const signed = (value: string) => rawDelivery(signedDelivery(good, { headers: { "x-gitea-signature": value } }))
const deep = `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`
const more = (field: string) => good.replace("{", `{${field},`)

/** The request with a header of the delivery sent again. */
const doubled = (name: string) => {
  const delivery = signedDelivery(good)
  return rawDelivery(delivery, [[name, delivery.headers[name] ?? ""], ...CLOSE])
}

const without = (name: string) => {
  const { [name]: _, ...headers } = signedDelivery(good).headers
  return rawDelivery({ id: "", headers, body: good })
}

describe("Webhook over a socket", () => {
  layer(listening(untouched))((it) => {
    it.effect.each([
      ["a missing signature", without("x-gitea-signature"), 401],
      ["a wrong signature", signed(signatureOf(good, "not the secret")), 401],
      ["an empty signature", signed(""), 401],
      ["a truncated signature", signed(signature.slice(0, 62)), 401],
      ["a signature of odd length", signed(signature.slice(1)), 401],
      ["a signature with sha256= before it", signed(`sha256=${signature}`), 401],
      ["a signature twice in one header", signed(`${signature}, ${signature}`), 401],
      ["a signature and itself without anything between", signed(signature + signature), 401],
      ["a signature in two headers", doubled("x-gitea-signature"), 401],
      ["a body that is not UTF-8", rawDelivery(signedDelivery(new Uint8Array([0x7b, 0xff, 0x7d]))), 422],
      ["an integer beyond 2^53", rawDelivery(signedDelivery(good.replace(`"id": 21`, `"id": 9007199254740993`))), 422],
      ["a body of the wrong shape", rawDelivery(signedDelivery(`{"action":"assigned","issue":[]}`)), 422],
      ["a missing event", without("x-gitea-event"), 422],
      ["a missing delivery id", without("x-gitea-delivery"), 422],
      ["an event in two headers", doubled("x-gitea-event"), 422],
      ["a delivery id in two headers", doubled("x-gitea-delivery"), 422],
      ["another content type", rawDelivery(signedDelivery(good, { headers: { "content-type": "text/plain" } })), 415],
      ["GET", rawHead("GET /webhook/gitea HTTP/1.1", [["host", "x"], ...CLOSE]), 405],
      ["HEAD", rawHead("HEAD /webhook/gitea HTTP/1.1", [["host", "x"], ...CLOSE]), 405],
      ["PUT", rawDelivery(signedDelivery(good)).toString().replace("POST", "PUT"), 405]
    ] as const)("refuses %s", ([, bytes, status]) =>
      Effect.gen(function* () {
        const heard = yield* converse(yield* url, bytes)
        assert.deepStrictEqual(statusesIn(heard), [status])
        assert.include(heard, "content-type: application/problem+json")
      })
    )

    it.effect.each([
      ["a bad signature", { "x-gitea-signature": "" }, "1000", 401],
      ["another content type", { "content-type": "text/plain" }, "1000", 415],
      ["a declared size over 8 MiB", {}, "8388609", 413],
      ["a declared size over 8 MiB of another type", { "content-type": "text/plain" }, "8388609", 413]
    ] as const)("answers %s without waiting for the body, and closes", ([, headers, length, status]) =>
      Effect.gen(function* () {
        const head = deliveryHead(signedDelivery("{}", { headers }), [["content-length", length]])
        const heard = yield* converse(yield* url, head)
        assert.deepStrictEqual(statusesIn(heard), [status])
        assert.match(heard, /^connection: close\r$/im)
      })
    )

    it.effect("answers 413 to chunks without an end once they are over 8 MiB, and closes", () =>
      Effect.gen(function* () {
        const head = deliveryHead(signedDelivery("{}"), [["transfer-encoding", "chunked"]])
        const chunks = Array.makeBy(17, () => rawChunk("a".repeat(524_288)))
        const heard = yield* converse(yield* url, head, ...chunks)
        assert.deepStrictEqual(statusesIn(heard), [413])
        assert.include(heard, "application/problem+json")
      })
    )

    it.effect("answers 401 to a body of one byte a second, once five seconds are over", () =>
      Effect.gen(function* () {
        const began = yield* Clock.currentTimeMillis
        const socket = yield* openSocket(yield* url)
        yield* socket.send(deliveryHead(signedDelivery(), [["content-length", "500"]]))
        const heard = yield* Effect.forkChild(socket.end)
        yield* socket
          .send("{")
          .pipe(
            Effect.andThen(TestClock.adjust("1 second")),
            Effect.repeat({ until: () => heard.pollUnsafe() !== undefined })
          )
        assert.deepStrictEqual(statusesIn(yield* Fiber.join(heard)), [401])
        assert.isAtLeast((yield* Clock.currentTimeMillis) - began, 5000)
      })
    )

    it.effect("does not ask for a body that it will not read", () =>
      Effect.gen(function* () {
        const delivery = signedDelivery(good, { headers: { "x-gitea-signature": "", expect: "100-continue" } })
        const heard = yield* converse(yield* url, deliveryHead(delivery, lengthOf(delivery)))
        assert.deepStrictEqual(statusesIn(heard), [401])
      })
    )
  })

  layer(listening(over(accepting, { previousSecret: Redacted.make("the one before") })))((it) => {
    it.effect.each([
      ["a delivery", rawDelivery(signedDelivery(good))],
      ["an upper-case signature", signed(signature.toUpperCase())],
      ["a signature by the secret before this one", signed(signatureOf(good, "the one before"))],
      [
        "nobody assigned, said as null",
        rawDelivery(signedDelivery(good.replace(/"assignees": \[[^\]]*\]/, `"assignees": null`)))
      ],
      ["a field named __proto__", rawDelivery(signedDelivery(more(`"__proto__":{"action":1,"sender":null}`)))],
      ["unknown fields, deeply nested", rawDelivery(signedDelivery(more(`"unknown":${deep}`)))],
      ["an unknown action", rawDelivery(signedDelivery(`{"action":"pinned","issue":[]}`))],
      ["an unknown event", rawDelivery(signedDelivery("{}", { event: "action_run_failure" }))],
      [
        "a body whose sender offers another protocol",
        rawDelivery(signedDelivery(good), [
          ["connection", "upgrade, http2-settings, close"],
          ["upgrade", "h2c"],
          ["http2-settings", "AAMAAABkAAQAAP__"]
        ])
      ],
      [
        "a body in chunks",
        Buffer.concat([
          Buffer.from(deliveryHead(signedDelivery(good), [["transfer-encoding", "chunked"]], CLOSE)),
          ...[good.slice(0, 9), good.slice(9), ""].map(rawChunk)
        ])
      ],
      [
        "a body in a thousand chunks",
        Buffer.concat([
          Buffer.from(deliveryHead(signedDelivery(good), [["transfer-encoding", "chunked"]], CLOSE)),
          ...[...good, ""].map(rawChunk)
        ])
      ]
    ] as const)("takes %s", ([, bytes]) =>
      Effect.gen(function* () {
        const heard = yield* converse(yield* url, bytes)
        assert.deepStrictEqual(statusesIn(heard), [200])
      })
    )

    it.effect("asks no sender of HTTP/1.0 for its body, which it sends all the same", () =>
      Effect.gen(function* () {
        const delivery = signedDelivery(good, { headers: { expect: "100-continue" } })
        const bytes = rawDelivery(delivery).toString().replace("HTTP/1.1", "HTTP/1.0")
        assert.deepStrictEqual(statusesIn(yield* converse(yield* url, bytes)), [200])
      })
    )

    it.effect("asks for the body of a delivery that waits for it, and takes it", () =>
      Effect.gen(function* () {
        const delivery = signedDelivery(good, { headers: { expect: "100-continue" } })
        const heard = yield* converse(yield* url, deliveryHead(delivery, lengthOf(delivery), CLOSE), delivery.body)
        assert.deepStrictEqual(statusesIn(heard), [100, 200])
      })
    )

    it.effect("takes one delivery after another on one connection, whatever the first one was", () =>
      Effect.gen(function* () {
        const all = [signedDelivery("{}", { secret: "not the secret" }), signedDelivery("{"), signedDelivery(good)]
        const heard = yield* converse(
          yield* url,
          ...all.map((delivery) => rawDelivery(delivery, [])),
          rawDelivery(signedDelivery(good))
        )
        assert.deepStrictEqual(statusesIn(heard), [401, 422, 200, 200])
      })
    )
  })

  const gate = Latch.makeUnsafe(false)
  const gated = Layer.mock(Inbox, {
    accept: ({ action, delivery, event }) =>
      Effect.as(gate.await, { status: "accepted", delivery, event, action, task: null })
  })

  layer(listening(over(gated)))((it) => {
    it.effect("answers 503 to one signed delivery more than can be stored at once, and the others in the end", () =>
      Effect.gen(function* () {
        const where = yield* url
        const crowd = yield* Effect.forEach(
          Array.makeBy(513, () => rawDelivery(signedDelivery(good))),
          (bytes) => Effect.tap(openSocket(where), (socket) => socket.send(bytes)),
          { concurrency: "unbounded" }
        )
        const heard = Effect.map(Effect.all(crowd.map((socket) => socket.heard)), (all) =>
          all.filter((it) => it !== "")
        )
        const [refused] = yield* eventually("one is refused", heard, ({ length }) => length > 0)
        assert.match(refused ?? "", /^HTTP\/1\.1 503 [^]*\r\nretry-after: 1\r\n/i)
        yield* gate.open
        const all = yield* Effect.all(
          crowd.map((socket) => socket.end),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(
          all.flatMap(statusesIn).filter((status) => status === 200),
          512
        )
      })
    )
  })
})
