import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { connect, createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { watchArrivals } from "../../src/http/Arrivals.ts"

/** Connects `count` clients within one turn of the event loop; how many of them the server had when the first one's `calm` was over. */
const burst = (count: number) =>
  Effect.gen(function* () {
    const server = yield* Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const made = createServer()
        made.listen(0, "127.0.0.1", 4096, () => resume(Effect.succeed(made)))
      }),
      (made) => Effect.sync(() => made.close())
    )
    const { calm } = yield* watchArrivals(server)
    yield* calm
    let taken = 0
    server.on("connection", () => {
      taken += 1
    })
    const { port } = server.address() as AddressInfo
    yield* Effect.acquireRelease(
      Effect.sync(() => Array.from({ length: count }, () => connect(port, "127.0.0.1"))),
      (clients) => Effect.sync(() => clients.forEach((client) => client.destroy()))
    )
    yield* Effect.callback<void>((resume) => {
      server.once("connection", () => resume(calm))
    })
    return taken
  }).pipe(Effect.scoped)

describe("Arrivals", () => {
  it.live("are calm once all that connected at the same time are in", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* burst(1), 1)
      assert.strictEqual(yield* burst(100), 100)
    })
  )

  it.live("hold nobody back for longer than 256 turns", () =>
    Effect.gen(function* () {
      const taken = yield* burst(600)
      assert.isAtLeast(taken, 256)
      assert.isBelow(taken, 270)
    })
  )
})
