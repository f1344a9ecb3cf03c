import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createServer } from "node:http"
import type { ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { limitPeers } from "../../src/http/PeerLimit.ts"
import { eventually } from "../harness/Eventually.ts"
import { openSocket, statusesIn } from "../harness/RawSocket.ts"

const MOST = 3
const OTHER = "127.0.0.2"
const REQUEST = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"

/** A server that answers once it is told to. */
const limited = Effect.gen(function* () {
  const asked: Array<ServerResponse> = []
  const drops: Array<unknown> = []
  const server = yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const made = createServer((_, response) => asked.push(response))
      made.on("drop", (drop) => drops.push(drop))
      made.listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
    }),
    (made) => Effect.sync(() => (made.closeAllConnections(), made.close()))
  )
  yield* limitPeers(server, MOST)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const open = Effect.callback<number>((resume) => {
    server.getConnections((_, all) => resume(Effect.succeed(all)))
  })
  /** Once the server has taken it. */
  const connected = Effect.fnUntraced(function* (from?: string) {
    const before = (yield* open) + drops.length
    const socket = yield* openSocket(url, from)
    yield* eventually(
      "it is taken",
      Effect.map(open, (all) => all + drops.length),
      (all) => all > before
    )
    return socket
  })
  const answer = Effect.sync(() => asked.splice(0).forEach((response) => response.end("yes")))
  return { asked: Effect.sync(() => asked.length), answer, connected, drops }
})

describe("The limit of a peer", () => {
  it.effect("closes the connection that has been idle for longest, for one more", () =>
    Effect.gen(function* () {
      const { answer, asked, connected, drops } = yield* limited
      const first = yield* connected()
      const second = yield* connected()
      yield* connected()
      // Idle for a shorter time than the second from now on.
      yield* first.send(REQUEST)
      yield* eventually("it is asked", asked, (count) => count === 1)
      yield* answer
      yield* eventually("it is answered", first.heard, (heard) => heard.includes("yes"))
      yield* connected()
      yield* eventually("the second is closed", second.isClosed, (is) => is)
      assert.isFalse(yield* first.isClosed)
      assert.lengthOf(drops, 1)
    })
  )

  it.effect("closes none on which a request is answered, but the newest then", () =>
    Effect.gen(function* () {
      const { answer, asked, connected } = yield* limited
      const busy = yield* Effect.replicateEffect(connected(), MOST)
      yield* Effect.forEach(busy, ({ send }) => send(REQUEST))
      yield* eventually("all are asked", asked, (count) => count === MOST)
      const more = yield* connected()
      yield* eventually("it is closed", more.isClosed, (is) => is)
      yield* answer
      const heard = Effect.forEach(busy, (socket) => socket.heard)
      yield* eventually("all are answered", heard, (all) => all.every((it) => statusesIn(it)[0] === 200))
    })
  )

  it.effect("takes no place of another peer, however many one holds open", () =>
    Effect.gen(function* () {
      const { answer, asked, connected } = yield* limited
      const others = yield* Effect.replicateEffect(connected(OTHER), MOST)
      yield* Effect.forEach(others, ({ send }) => send(REQUEST))
      yield* eventually("all are asked", asked, (count) => count === MOST)
      yield* Effect.replicateEffect(connected(), 10 * MOST, { discard: true })
      yield* answer
      const heard = Effect.forEach(others, (socket) => socket.heard)
      yield* eventually("all are answered", heard, (all) => all.every((it) => statusesIn(it)[0] === 200))
      const last = yield* connected()
      yield* last.send(REQUEST)
      yield* eventually("it is asked", asked, (count) => count === 1)
      yield* answer
      yield* eventually("it is answered", last.heard, (it) => statusesIn(it)[0] === 200)
    })
  )
})
