import { Deferred, Effect, Exit } from "effect"

/**
 * Room for so many at a time. Who waits is let in from both ends of the queue in turn, so that neither who came last nor who came
 * first waits for a crowd.
 */
export const makePlaces = (count: number) => {
  const waiting: Array<Deferred.Deferred<void>> = []
  let free = count
  let fromTheEnd = true

  const take = Effect.suspend(() => {
    if (free > 0) {
      free -= 1
      return Effect.void
    }
    const called = Deferred.makeUnsafe<void>()
    waiting.push(called)
    return Deferred.await(called)
  })

  const leave = Effect.sync(() => {
    const next = fromTheEnd ? waiting.pop() : waiting.shift()
    fromTheEnd = !fromTheEnd
    if (next === undefined) free += 1
    else Deferred.doneUnsafe(next, Exit.void)
  })

  return <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.acquireUseRelease(
      take,
      () => work,
      () => leave
    )
}
