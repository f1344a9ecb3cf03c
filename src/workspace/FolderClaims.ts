import { Deferred, Effect } from "effect"
import type { Scope } from "effect"

/** Who has which folder of a session: a session at work, or whoever saves and removes what was left in it. Never both. */
export const makeClaims = () => {
  const atWork = new Set<string>()
  const inHand = new Map<string, Deferred.Deferred<void>>()

  const isFree = (folder: string): Effect.Effect<void> =>
    Effect.suspend(() => {
      const busy = inHand.get(folder)
      return busy === undefined ? Effect.void : Effect.andThen(Deferred.await(busy), isFree(folder))
    })

  /** At work until the scope ends. Waits for whoever has it in hand, and for nobody else. */
  const enter = (folder: string): Effect.Effect<void, never, Scope.Scope> =>
    Effect.andThen(
      Effect.acquireRelease(
        Effect.sync(() => atWork.add(folder)),
        () => Effect.sync(() => atWork.delete(folder))
      ),
      isFree(folder)
    )

  /** Runs what nobody else may do at the same time; false, without it, where a session is at work there. */
  const alone = <R>(folder: string, effect: Effect.Effect<boolean, never, R>): Effect.Effect<boolean, never, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        if (atWork.has(folder)) return Effect.succeed(false)
        if (inHand.has(folder)) return restore(Effect.andThen(isFree(folder), alone(folder, effect)))
        const done = Deferred.makeUnsafe<void>()
        inHand.set(folder, done)
        const release = Effect.sync(() => inHand.delete(folder))
        return Effect.ensuring(restore(effect), Effect.andThen(release, Deferred.succeed(done, undefined)))
      })
    )

  return { alone, enter, isAtWork: (folder: string) => atWork.has(folder) }
}
