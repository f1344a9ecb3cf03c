import { Context, Duration, Effect, Latch, Layer, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { steadyMillis } from "./SteadyClock.ts"
import { AFTER_STORE, makeTrouble } from "../telemetry/Trouble.ts"

/** What may have come: deliveries to settle, a task to start or a run to stop, a comment to write. */
export type Channel = "deliveries" | "tasks" | "outbox"

/** One listener's own bell. */
export interface Bell {
  /**
   * Waits for a ring, or until that time (of `steadyMillis`) where one is given; true when it rang. A ring since the wait before counts, so
   * none is missed between a look and the next wait.
   */
  wait(until: number | null): Effect.Effect<boolean>
}

/** Wakes who waits for something new in the store. A ring says no more than that it is time to look. */
export class Doorbell extends Context.Service<
  Doorbell,
  {
    /** Rings when the transaction around it is committed, or at once where there is none. */
    ring(channel: Channel): Effect.Effect<void>
    /** Hears every ring of the channel until the scope ends. */
    listen(channel: Channel): Effect.Effect<Bell, never, Scope.Scope>
    /**
     * Looks now, at every ring, and when the earliest thing is due that the last look found: it gives that time (of
     * `steadyMillis`), or null. A look that fails is said as `says`, and repeated after a second. Never ends.
     */
    follow<E>(channel: Channel, says: string, look: Effect.Effect<number | null, E>): Effect.Effect<never>
  }
>()("mosaic-coordinator/storage/Doorbell") {
  static readonly layer = Layer.effect(
    Doorbell,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const listeners: Readonly<Record<Channel, Set<Latch.Latch>>> = {
        deliveries: new Set(),
        tasks: new Set(),
        outbox: new Set()
      }

      const ring = (channel: Channel) =>
        sql.afterCommit(Effect.sync(() => listeners[channel].forEach((latch) => Latch.openUnsafe(latch))))

      const listen = Effect.fnUntraced(function* (channel: Channel) {
        const latch = yield* Effect.acquireRelease(
          Effect.sync(() => Latch.makeUnsafe(false)),
          (mine) => Effect.sync(() => listeners[channel].delete(mine))
        )
        listeners[channel].add(latch)
        // What rings between the two is heard by the look that follows.
        const rung = Effect.as(Effect.andThen(latch.await, latch.close), true)
        const wait = Effect.fnUntraced(function* (until: number | null) {
          if (until === null) return yield* rung
          const left = Duration.millis(Math.max(0, until - (yield* steadyMillis)))
          return yield* Effect.timeoutOrElse(rung, { duration: left, orElse: () => Effect.succeed(false) })
        })
        return { wait } satisfies Bell
      })

      const follow = <E>(channel: Channel, says: string, look: Effect.Effect<number | null, E>) => {
        const trouble = makeTrouble<Channel>({ says, level: "Error", first: AFTER_STORE })
        const again = Effect.map(steadyMillis, (now) => now + Duration.toMillis(AFTER_STORE))
        const lookSafely = look.pipe(
          Effect.tap(trouble.over(channel)),
          Effect.catchCause((error) => Effect.andThen(trouble.met(channel, { error }), again))
        )
        return Effect.scoped(
          Effect.flatMap(listen(channel), (bell) => Effect.forever(Effect.flatMap(lookSafely, bell.wait)))
        )
      }

      return { ring, listen, follow }
    })
  )
}
