import { Effect, Metric, Schedule } from "effect"
import type { Server } from "node:net"
import * as Metrics from "../telemetry/Metrics.ts"

const INTERVAL = "10 seconds"

/**
 * Counts and logs the connections that a server at its limit closes before it has read anything of them, and those that were idle and
 * gave way to another one of their peer. It is said here alone, and one of them may have brought a delivery.
 */
export const watchDrops = Effect.fnUntraced(function* (server: Server) {
  let dropped = 0
  const note = () => {
    dropped += 1
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => server.on("drop", note)),
    () => Effect.sync(() => server.off("drop", note))
  )
  const tell = Effect.gen(function* () {
    if (dropped === 0) return
    const count = dropped
    dropped = 0
    yield* Metric.update(Metrics.droppedConnections, count)
    yield* Effect.logWarning("Connections dropped: too many are open").pipe(
      Effect.annotateLogs({ count, limit: server.maxConnections })
    )
  })
  yield* Effect.addFinalizer(() => tell)
  yield* tell.pipe(Effect.repeat(Schedule.spaced(INTERVAL)), Effect.forkScoped)
})
