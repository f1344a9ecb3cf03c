import { Context, Effect } from "effect"
import { Git } from "../git/Git.ts"
import { MAX_LOOSE, MAX_PACKS } from "./Bounds.ts"

/** How scattered a clone may be. Tests have less. */
export const Scatter = Context.Reference("mosaic-coordinator/workspace/Tidying/Scatter", {
  defaultValue: () => ({ loose: MAX_LOOSE, packs: MAX_PACKS })
})

/** How long an object that no ref leads to is kept, as git says it. */
const GRACE = "2.weeks.ago"
/** Bytes of memory that packing takes beside the objects themselves. */
const MODEST = ["-c", "pack.threads=1", "-c", "pack.windowMemory=128m"]

/** What is to be made tidy. */
export interface Untidy {
  readonly id: number
  readonly gitDir: string
  /** Whether nothing else has used it since the start: no session works on it, and no checkout borrows from it. */
  readonly isUnused: boolean
}

/** Pure: whether what `git count-objects -v` says is more than that. */
export const isScattered = (counted: string, most: { readonly loose: number; readonly packs: number }): boolean => {
  const of = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(counted)?.[1] ?? 0)
  return of("count") > most.loose || of("packs") > most.packs
}

/**
 * Puts the objects of a clone into one pack once they lie in too many files: each fetch and each snapshot brings some, and git does
 * not do so by itself here (`gc.auto` is 0). What no ref leads to is removed only from a clone that nothing else uses; else it is kept,
 * since a commit has its name a little after it has come. Never fails: where git does, that is told, and it is left until the next start.
 */
export const makeTidying = Effect.gen(function* () {
  const git = yield* Git
  const failed = new Set<number>()

  const pack = Effect.fnUntraced(function* ({ gitDir, isUnused }: Untidy) {
    const counted = yield* git.text({ operation: "count objects", gitDir, args: ["count-objects", "-v"] })
    if (!isScattered(counted, yield* Scatter)) return
    const how = isUnused
      ? ["gc", "--quiet", `--prune=${GRACE}`]
      : ["repack", "--quiet", "-a", "-d", "-l", "--keep-unreachable"]
    yield* git.run({ operation: "pack the clone", gitDir, args: [...MODEST, ...how] })
  })

  return ({ id, ...untidy }: Untidy): Effect.Effect<void> =>
    failed.has(id)
      ? Effect.void
      : Effect.catch(pack({ id, ...untidy }), (error) => {
          failed.add(id)
          return Effect.logWarning("Clone could not be packed", error.message).pipe(
            Effect.annotateLogs({ repository: id })
          )
        })
})
