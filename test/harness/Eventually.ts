import { assert } from "@effect/vitest"
import { Clock, Effect, Schedule } from "effect"
import { inspect } from "node:util"

const DEADLINE = "20 seconds"

class NotYet {
  readonly _tag = "NotYet"
}

/** Waits, on the real clock, for a condition of something that lives outside the test: a socket, a process. Fails at a deadline. */
export const eventually = <A, E, R>(what: string, probe: Effect.Effect<A, E, R>, holds: (value: A) => boolean) => {
  let last: A | undefined
  return probe.pipe(
    Effect.tap((value) => Effect.sync(() => (last = value))),
    Effect.filterOrFail(holds, () => new NotYet()),
    Effect.retry({
      while: (error) => error instanceof NotYet,
      schedule: Schedule.spaced("10 millis").pipe(Schedule.upTo({ duration: DEADLINE }))
    }),
    Effect.catchIf(
      (error) => error instanceof NotYet,
      () => Effect.sync(() => assert.fail(`not within ${DEADLINE}: ${what}; last seen: ${inspect(last)}`))
    ),
    Effect.provideService(Clock.Clock, Clock.Clock.defaultValue())
  )
}
