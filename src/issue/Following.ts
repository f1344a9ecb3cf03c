import { Effect, RcMap, Ref } from "effect"
import type { Scope } from "effect"
import type { Issue } from "../domain/Issue.ts"
import type { Versions } from "../domain/Reading.ts"
import type { TaskId } from "../domain/Task.ts"

/** What a look at an issue showed, and when it was taken (milliseconds). */
export interface Sight {
  readonly issue: Issue
  readonly versions: Versions
  readonly at: number
}

/** Keeps the newest look at each issue that somebody follows; of the others nothing. */
export const makeFollowing = Effect.gen(function* () {
  const sights = yield* RcMap.make<TaskId, Ref.Ref<Sight | null>, never, never>({
    lookup: () => Ref.make<Sight | null>(null)
  })

  return {
    follow: (id: TaskId): Effect.Effect<Effect.Effect<Sight | null>, never, Scope.Scope> =>
      Effect.map(RcMap.get(sights, id), Ref.get),
    note: Effect.fnUntraced(
      function* (id: TaskId, sight: Sight) {
        if (yield* RcMap.has(sights, id)) yield* Ref.set(yield* RcMap.get(sights, id), sight)
      },
      (effect) => Effect.scoped(effect)
    )
  }
})
