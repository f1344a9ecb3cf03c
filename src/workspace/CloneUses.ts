import { Clock, Duration, Effect, Option, Semaphore } from "effect"
import type { Scope } from "effect"

/** So many can use a clone at once without being disturbed; more wait. */
const USES = 1024

/** For so long after it was used a clone is taken to be in use. */
const LINGERING = Duration.days(1)

/** Who uses which clone, by the repository's id. */
export interface Uses {
  /** Refreshes of one clone run one after the other, and none while it is removed. */
  refreshing<A, E, R>(id: number, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R>
  /** What brings objects into a clone. */
  undisturbed(id: number): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** What disturbs that; not run where somebody brings some. */
  ifUndisturbed<A, E, R>(id: number, effect: Effect.Effect<A, E, R>): Effect.Effect<Option.Option<A>, E, R>
  /** In use until the scope ends. Waits for the end of a removal that cannot be stopped any more: the clone may be gone then. */
  hold(id: number): Effect.Effect<void, never, Scope.Scope>
  /** What nobody may notice: run where the clone was not used for a day, or ever since the start, and alone with it. */
  ifResting<A, E, R>(id: number, effect: Effect.Effect<A, E, R>): Effect.Effect<Option.Option<A>, E, R>
  /** Takes it out of its place, if nobody has begun to use it since. Short: who wants to use it waits. Inside `ifResting`. */
  takeOut<A, E, R>(id: number, effect: Effect.Effect<A, E, R>): Effect.Effect<Option.Option<A>, E, R>
}

export const makeUses: Effect.Effect<Uses> = Effect.sync(() => {
  const turnOf = eachIts(1)
  const usesOf = eachIts(USES)
  const doorOf = eachIts(1)
  const holders = new Map<number, number>()
  const usedAt = new Map<number, bigint>()

  const count = (id: number, by: number) => Effect.sync(() => void holders.set(id, (holders.get(id) ?? 0) + by))
  const use = (id: number) => Effect.map(Clock.monotonicTimeNanos, (now) => void usedAt.set(id, now))
  const isResting = (id: number) =>
    Effect.map(Clock.monotonicTimeNanos, (now) => {
      const at = usedAt.get(id)
      const isLingering = at !== undefined && Duration.isLessThan(Duration.nanos(now - at), LINGERING)
      return !isLingering && (holders.get(id) ?? 0) === 0
    })

  const ifUndisturbed: Uses["ifUndisturbed"] = (id, effect) => usesOf(id).withPermitsIfAvailable(USES)(effect)
  return {
    refreshing: (id, effect) => turnOf(id).withPermit(Effect.andThen(use(id), effect)),
    undisturbed: (id) => (effect) => usesOf(id).withPermits(1)(effect),
    ifUndisturbed,
    // Counted first: a removal either sees that, or has gone so far that it is waited for.
    hold: (id) =>
      Effect.andThen(
        Effect.acquireRelease(count(id, 1), () => Effect.andThen(count(id, -1), use(id))),
        doorOf(id).withPermit(Effect.void)
      ),
    ifResting: (id, effect) =>
      Effect.map(turnOf(id).withPermitsIfAvailable(1)(ifUndisturbed(id, Effect.when(effect, isResting(id)))), (done) =>
        Option.flatten(Option.flatten(done))
      ),
    takeOut: (id, effect) => doorOf(id).withPermit(Effect.when(effect, isResting(id)))
  }
})

/** A semaphore for each repository. */
const eachIts = (permits: number) => {
  const all = new Map<number, Semaphore.Semaphore>()
  return (id: number): Semaphore.Semaphore => {
    const one = all.get(id) ?? Semaphore.makeUnsafe(permits)
    all.set(id, one)
    return one
  }
}
