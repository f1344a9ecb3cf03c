import { assert } from "@effect/vitest"
import { Clock, Duration, Effect } from "effect"
import { inspect } from "node:util"

const DEADLINE = Duration.seconds(20)
/** Processes start slowly on a machine that others use as well. */
const PROCESS_DEADLINE = Duration.seconds(60)
const BETWEEN = Duration.millis(10)

/** On the real clock, whatever the test's is. */
const live = Effect.provideService(Clock.Clock, Clock.Clock.defaultValue())
const pause = live(Effect.sleep(BETWEEN))

const within = (deadline: Duration.Duration) =>
  Effect.fnUntraced(function* <A, E, R>(what: string, probe: Effect.Effect<A, E, R>, holds: (value: A) => boolean) {
    const began = yield* live(Clock.currentTimeMillis)
    let value = yield* probe
    while (!holds(value)) {
      const waited = (yield* live(Clock.currentTimeMillis)) - began
      if (waited > Duration.toMillis(deadline)) {
        return assert.fail(`not within ${Duration.format(deadline)}: ${what}; last seen: ${inspect(value)}`)
      }
      yield* pause
      value = yield* probe
    }
    return value
  })

/** Waits for a condition of something that lives outside the test, such as a socket. Fails at a deadline on the real clock. */
export const eventually = within(DEADLINE)

/** The same for what a process of its own does, with more patience. */
export const eventuallyInProcess = within(PROCESS_DEADLINE)
