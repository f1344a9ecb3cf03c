import { Context, Effect, Layer, Ref } from "effect"

/** Of smaller texts a count says more about what stands around them. */
const LEAST = 200
/** More than this comes of something else than text. */
const LARGEST = 8
/** How much of the way down is gone at each lower figure; up it is gone at once. */
const DOWN = 0.1

/** Pure: the scale after it was learned that an estimate of so many tokens was really so many. Never below 1: an estimate errs upwards. */
export const corrected = (scale: number, estimated: number, actual: number): number => {
  if (estimated < LEAST || actual > estimated * LARGEST) return scale
  const found = Math.max(1, actual / estimated)
  return found >= scale ? found : scale + (found - scale) * DOWN
}

/** What a token of our estimates is worth for each model: learned from counts and replies, for as long as the process lives. */
export class TokenScale extends Context.Service<
  TokenScale,
  {
    of(model: string): Effect.Effect<number>
    /** Both in tokens. */
    learn(model: string, estimated: number, actual: number): Effect.Effect<void>
  }
>()("mosaic-coordinator/context/TokenScale") {
  static readonly layer = Layer.effect(
    TokenScale,
    Effect.gen(function* () {
      const scales = yield* Ref.make<Readonly<Record<string, number>>>({})
      return {
        of: (model) => Effect.map(Ref.get(scales), (all) => all[model] ?? 1),
        learn: (model, estimated, actual) =>
          Ref.update(scales, (all) => ({ ...all, [model]: corrected(all[model] ?? 1, estimated, actual) }))
      }
    })
  )
}
