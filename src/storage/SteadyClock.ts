import { Clock, Effect } from "effect"

const origins = new WeakMap<Clock.Clock, number>()

/**
 * Milliseconds since the epoch as the clock had them when the process first asked, and what has passed since then: never back, and
 * never ahead by a jump, whatever is done to the clock. For waits and leases. A moment that another process stored was measured by
 * its own, so a stored wait that lies further away than its longest is void.
 */
export const steadyMillis: Effect.Effect<number> = Clock.Clock.pipe(
  Effect.map((clock) => {
    const passed = Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
    const origin = origins.get(clock) ?? clock.currentTimeMillisUnsafe() - passed
    origins.set(clock, origin)
    return origin + passed
  })
)
