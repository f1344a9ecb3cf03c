import { Context, Deferred, Effect } from "effect"
import type { Server } from "node:net"

/** Turns of the event loop, about as many connections: enough for a burst, and few milliseconds for who was there before. */
const LONGEST_WAIT = 256

/**
 * Lets connections in before what already came is worked on. Node takes one of those that wait in each turn of the event loop
 * (libuv 1.51), and a turn that handles dozens of deliveries takes tens of milliseconds: of 128 senders that connect at once the
 * last waited 5 s for its answer.
 */
export class Arrivals extends Context.Service<
  Arrivals,
  {
    /** Done once a turn of the event loop brought no connection, or after 256 turns. Costs nothing where none came. */
    readonly calm: Effect.Effect<void>
  }
>()("mosaic-coordinator/http/Arrivals") {}

export const watchArrivals = Effect.fnUntraced(function* (server: Server) {
  let came = 0
  let seen = 0
  let over: Deferred.Deferred<void> | null = null

  /** Runs at the end of each turn, after its connections. */
  const look = (turns: number) => {
    if (came > seen && turns < LONGEST_WAIT) {
      seen = came
      setImmediate(look, turns + 1)
    } else if (over !== null) {
      Deferred.doneUnsafe(over, Effect.void)
      over = null
    }
  }
  const note = () => {
    came += 1
    if (over !== null) return
    over = Deferred.makeUnsafe()
    setImmediate(look, 0)
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => server.on("connection", note)),
    () => Effect.sync(() => server.off("connection", note))
  )
  return Arrivals.of({ calm: Effect.suspend(() => (over === null ? Effect.void : Deferred.await(over))) })
})
