import { assert } from "@effect/vitest"
import { Clock, Duration, Effect } from "effect"
import { inspect } from "node:util"

const DEADLINE = Duration.seconds(20)
const BETWEEN = Duration.millis(10)

/** On the real clock, whatever the test's is. */
const live = Effect.provideService(Clock.Clock, Clock.Clock.defaultValue())
const pause = live(Effect.sleep(BETWEEN))

/** Waits for a condition of something that lives outside the test: a socket, a process. Fails at a deadline on the real clock. */
export const eventually = Effect.fnUntraced(function* <A, E, R>(
  what: string,
  probe: Effect.Effect<A, E, R>,
  holds: (value: A) => boolean
) {
  const began = yield* live(Clock.currentTimeMillis)
  let value = yield* probe
  while (!holds(value)) {
    const waited = (yield* live(Clock.currentTimeMillis)) - began
    if (waited > Duration.toMillis(DEADLINE)) {
      return assert.fail(`not within ${Duration.format(DEADLINE)}: ${what}; last seen: ${inspect(value)}`)
    }
    yield* pause
    value = yield* probe
  }
  return value
})
