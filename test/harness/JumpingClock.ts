import { Clock, Duration, Effect, Layer } from "effect"

/** The test's clock, which can be set: what it says jumps, and no time passes. */
export const jumpingClock = () => {
  let ahead = 0
  const layer = Layer.effect(
    Clock.Clock,
    Effect.map(Clock.Clock, (clock) => {
      const currentTimeMillisUnsafe = () => clock.currentTimeMillisUnsafe() + ahead
      return { ...clock, currentTimeMillisUnsafe, currentTimeMillis: Effect.sync(currentTimeMillisUnsafe) }
    })
  )
  const jump = (by: Duration.Input) =>
    Effect.sync(() => void (ahead += Duration.toMillis(Duration.fromInputUnsafe(by))))
  return { layer, jump }
}
