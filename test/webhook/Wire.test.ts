import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { TestClock } from "effect/testing"
import { createServer } from "node:http"
import { connect } from "node:net"
import type { Socket } from "node:net"
import { signedDelivery } from "../harness/Deliveries.ts"
import type { SignedDelivery } from "../harness/Deliveries.ts"
import { accepting, over, Routes, untouched } from "./support.ts"

const Server = HttpRouter.serve(Routes, { disableLogger: true }).pipe(
  Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port: 0 }))
)
const Refusing = Server.pipe(Layer.provide(untouched))
const Accepting = Server.pipe(Layer.provide(over(accepting)))

type Headers = ReadonlyArray<readonly [string, string]>

const headOf = ({ headers }: SignedDelivery, more: Headers = []): string =>
  ["POST /webhook/gitea HTTP/1.1", "host: x", ...[...Object.entries(headers), ...more].map((it) => it.join(": "))]
    .map((line) => `${line}\r\n`)
    .join("")

/** What the server says until it closes the connection. */
const talk = Effect.fnUntraced(function* (say: (socket: Socket) => void) {
  const { port } = new URL(HttpServer.formatAddress((yield* HttpServer.HttpServer).address))
  return yield* Effect.callback<string>((resume) => {
    const socket = connect(Number(port), "127.0.0.1", () => say(socket))
    let heard = ""
    socket.on("data", (chunk) => (heard += chunk.toString()))
    socket.on("error", (error) => (heard += `\n${String(error)}`))
    socket.on("close", () => resume(Effect.succeed(heard)))
    return Effect.sync(() => socket.destroy())
  })
})

const lengthOf = ({ body }: SignedDelivery) => ["content-length", String(Buffer.byteLength(body))] as const
const CLOSE = ["connection", "close"] as const

describe("Webhook over a socket", () => {
  it.effect("takes a body that comes in chunks", () =>
    Effect.gen(function* () {
      const delivery = signedDelivery()
      const middle = delivery.body.length / 2
      const parts = [delivery.body.slice(0, middle), delivery.body.slice(middle)]
      const heard = yield* talk((socket) => {
        socket.write(`${headOf(delivery, [["transfer-encoding", "chunked"], CLOSE])}\r\n`)
        parts.forEach((part) => socket.write(`${part.length.toString(16)}\r\n${part.toString()}\r\n`))
        socket.write("0\r\n\r\n")
      })
      assert.match(heard, /^HTTP\/1\.1 200 /)
      assert.include(heard, `"delivery":"${delivery.id}"`)
    }).pipe(Effect.provide(Accepting))
  )

  it.effect.each([
    ["x-gitea-signature", 401],
    ["x-gitea-event", 422],
    ["x-gitea-delivery", 422]
  ] as const)("refuses %s sent twice, even with one value: %s", ([name, status]) =>
    Effect.gen(function* () {
      const delivery = signedDelivery()
      const heard = yield* talk((socket) =>
        socket.write(
          `${headOf(delivery, [[name, delivery.headers[name] ?? ""], lengthOf(delivery), CLOSE])}\r\n${delivery.body.toString()}`
        )
      )
      assert.match(heard, new RegExp(`^HTTP/1.1 ${status} `))
    }).pipe(Effect.provide(Refusing))
  )

  it.effect("answers a bad signature without waiting for the body, and closes", () =>
    Effect.gen(function* () {
      const delivery = signedDelivery("{}", { headers: { "x-gitea-signature": "" } })
      const heard = yield* talk((socket) => socket.write(`${headOf(delivery, [["content-length", "1000"]])}\r\n`))
      assert.match(heard, /^HTTP\/1\.1 401 /)
      assert.match(heard, /^connection: close\r$/im)
    }).pipe(Effect.provide(Refusing))
  )

  it.effect("answers 413 to a declared size without waiting for the body, and closes", () =>
    Effect.gen(function* () {
      const heard = yield* talk((socket) =>
        socket.write(`${headOf(signedDelivery("{}"), [["content-length", "1048577"]])}\r\n`)
      )
      assert.match(heard, /^HTTP\/1\.1 413 /)
    }).pipe(Effect.provide(Refusing))
  )

  it.effect("answers 413 to chunks without an end once they are over 1 MiB, and closes", () =>
    Effect.gen(function* () {
      const chunk = "a".repeat(65_536)
      const heard = yield* talk((socket) => {
        socket.write(`${headOf(signedDelivery("{}"), [["transfer-encoding", "chunked"]])}\r\n`)
        Array.from({ length: 17 }, () => socket.write(`10000\r\n${chunk}\r\n`))
      })
      assert.match(heard, /^HTTP\/1\.1 413 /)
      assert.include(heard, "application/problem+json")
    }).pipe(Effect.provide(Refusing))
  )

  it.effect("answers 408 to a body that stops coming, after five seconds", () =>
    Effect.gen(function* () {
      const began = yield* Clock.currentTimeMillis
      const heard = yield* Effect.forkChild(
        talk((socket) => socket.write(`${headOf(signedDelivery(), [["content-length", "500"]])}\r\n{`))
      )
      yield* TestClock.adjust("1 second").pipe(Effect.repeat({ until: () => heard.pollUnsafe() !== undefined }))
      assert.match(yield* Fiber.join(heard), /^HTTP\/1\.1 408 /)
      assert.isAtLeast((yield* Clock.currentTimeMillis) - began, 5000)
    }).pipe(Effect.provide(Refusing))
  )
})
