import { Clock, Context, Effect, Layer, Ref } from "effect"
import { Flag } from "effect/cli"
import type { Figures } from "./Figures.ts"

const MILLIS_PER_MINUTE = 60_000

export const flags = {
  minutes: Flag.Finite("minutes").pipe(Flag.withDefault(30)),
  deliveries: Flag.Int("deliveries").pipe(Flag.withDefault(50_000)),
  tasks: Flag.Int("tasks").pipe(Flag.withDefault(500)),
  seed: Flag.String("seed").pipe(Flag.withDefault("soak"))
}

/** How long a soak goes on, and how much happens in it, evenly spread. */
export interface RunFlags {
  readonly minutes: number
  readonly deliveries: number
  readonly tasks: number
  readonly seed: string
}

/** One soak, from its start. */
export class Run extends Context.Service<
  Run,
  RunFlags & {
    /** The part of its time that is over, 0 to 1. */
    readonly share: Effect.Effect<number>
    /** Waits until that part of its time is over. */
    until(share: number): Effect.Effect<void>
    /** All figures that were read, oldest first. */
    readonly readings: Ref.Ref<ReadonlyArray<Figures>>
  }
>()("mosaic-coordinator/test/bench/soak/Run") {
  static readonly layerWith = (values: RunFlags) =>
    Layer.effect(
      Run,
      Effect.gen(function* () {
        const began = yield* Clock.currentTimeMillis
        const length = values.minutes * MILLIS_PER_MINUTE
        const elapsed = Effect.map(Clock.currentTimeMillis, (now) => now - began)
        return {
          ...values,
          readings: yield* Ref.make<ReadonlyArray<Figures>>([]),
          share: Effect.map(elapsed, (it) => Math.min(1, it / length)),
          until: (share) => Effect.flatMap(elapsed, (it) => Effect.sleep(Math.max(0, share * length - it)))
        }
      })
    )
}
