import { Layer, Random } from "effect"

/**
 * Chance without surprises: jitter adds nothing. A test clock woken by jittered waits would show fractions of milliseconds, which
 * no real clock does and no row of ours may hold.
 */
export const EvenRandom = Layer.succeed(Random.Random, { nextIntUnsafe: () => 0, nextDoubleUnsafe: () => 0.5 })
