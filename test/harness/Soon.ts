import { Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import { eventually } from "./Eventually.ts"

const STEP = Duration.millis(100)

/** Waits under a test clock for what needs real sockets and a little time of that clock too, such as the next look of a loop. */
export const soon = <A, E, R>(what: string, probe: Effect.Effect<A, E, R>, holds: (value: A) => boolean) =>
  eventually(what, Effect.andThen(TestClock.adjust(STEP), probe), holds)
