import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { TestClock } from "effect/testing"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import * as Metrics from "../../src/telemetry/Metrics.ts"
import { watchDrops } from "../../src/http/DroppedConnections.ts"
import { eventually } from "../harness/Eventually.ts"
import { warned } from "../harness/Logged.ts"
import { openSocket } from "../harness/RawSocket.ts"

const small = Effect.acquireRelease(
  Effect.callback<ReturnType<typeof createServer>>((resume) => {
    const server = Object.assign(createServer(), { maxConnections: 1 })
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.sync(() => server.close())
)

describe("Dropped connections", () => {
  it.effect("are counted, and told of in one line for all of them", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const server = yield* small
      yield* watchDrops(server)
      const before = (yield* Metric.value(Metrics.droppedConnections)).count
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const [, second, third] = yield* Effect.replicateEffect(openSocket(url), 3)
      const closed = Effect.forEach([second, third], (socket) => socket?.isClosed ?? Effect.succeed(false))
      yield* eventually("two are closed", closed, (all) => all.every(Boolean))
      assert.deepStrictEqual(lines, [])
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(Number((yield* Metric.value(Metrics.droppedConnections)).count) - Number(before), 2)
      assert.deepStrictEqual(lines, ["Warn Connections dropped: too many are open"])
    }).pipe(Effect.provide(warned(lines)))
  })
})
