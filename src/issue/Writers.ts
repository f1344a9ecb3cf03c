import { Cache, Duration, Effect, Exit } from "effect"
import type { FullName } from "../domain/Repository.ts"
import { Gitea } from "../gitea/Gitea.ts"

/** An answer is kept for so long: a right that was taken away counts until then. */
const KEPT = Duration.minutes(10)
const REPOSITORIES = 100
const PEOPLE = 1_000
/** People of one issue that are asked about; the others are taken for strangers. */
const MOST_ASKED = 20

const NOBODY: ReadonlySet<number> = new Set()

const kept = { timeToLive: (exit: Exit.Exit<unknown, unknown>) => (Exit.isSuccess(exit) ? KEPT : Duration.zero) }

/**
 * Asks Gitea who of some people, by their ids, may write to a repository. Who cannot be assigned there is not asked about, so that a
 * crowd costs one call. Where Gitea does not say, nobody may.
 */
export const makeWriters = Effect.gen(function* () {
  const gitea = yield* Gitea
  const assignable = yield* Cache.makeWith((fullName: FullName) => gitea.assignable(fullName), {
    ...kept,
    capacity: REPOSITORIES
  })
  const rights = yield* Cache.makeWith(
    (key: string) => {
      const [fullName = "", login = ""] = key.split(" ")
      return gitea.mayWrite(fullName as FullName, login)
    },
    { ...kept, capacity: PEOPLE }
  )

  return Effect.fnUntraced(
    function* (fullName: FullName, ids: ReadonlySet<number>) {
      if (ids.size === 0) return NOBODY
      const known = (yield* Cache.get(assignable, fullName)).filter(({ id }) => ids.has(id))
      const writers = yield* Effect.filter(known.slice(0, MOST_ASKED), ({ login }) =>
        Cache.get(rights, `${fullName} ${login}`)
      )
      return new Set(writers.map(({ id }) => id))
    },
    Effect.catchTag("GiteaError", () => Effect.succeed(NOBODY))
  )
})
