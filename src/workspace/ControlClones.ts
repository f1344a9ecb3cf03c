import { Clock, Context, Effect, FileSystem, Layer, Path } from "effect"
import type { Scope } from "effect"
import { Git } from "../git/Git.ts"
import type { GitError } from "../git/GitError.ts"
import type { Repository } from "../domain/Repository.ts"
import { Settings } from "../Settings.ts"
import { makeCloneRoom } from "./CloneRoom.ts"
import { makeUses } from "./CloneUses.ts"
import { makeFetching } from "./Fetching.ts"
import { freeOn } from "./Folder.ts"
import { makeKeeping } from "./Keeping.ts"
import { removeStaleFiles } from "./StaleFiles.ts"
import { makeTidying } from "./Tidying.ts"

const MILLIS = 1000

/**
 * The bare clones, one for each repository, that no agent ever sees. They are kept by the repository's id, hold what Gitea has and
 * every snapshot, and are the only repositories that the coordinator runs git on. Before another one is made, those that were not used
 * for long are removed where together they are too large, once all work in them is in Gitea.
 */
export class ControlClones extends Context.Service<
  ControlClones,
  {
    /** The folder of a repository's clone, whether it is there or not. */
    at(repositoryId: number): string
    /**
     * Brings the clone up to what Gitea has now, packs it where that is due, and gives its folder. Comes before anything else that is
     * done with it since the start. One that cannot be read is made anew, and one that is not there is made with the work that Gitea
     * has.
     */
    refresh(repository: Repository): Effect.Effect<string, GitError>
    /** Keeps the clone from being removed until the scope ends; for a day after a refresh it is not either. */
    hold(repositoryId: number): Effect.Effect<void, never, Scope.Scope>
    /** Pushes what it takes to go on with the work on an issue and is not known to be in Gitea yet. */
    keep(repository: Repository, number: number): Effect.Effect<void, GitError>
    /** Runs what brings objects into a clone while it is not being packed. It waits for that to end, for minutes at most. */
    undisturbed(repositoryId: number): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
    /** Bytes that are free on their disk. */
    readonly free: Effect.Effect<number>
    /** The commit that a ref points to, or null. */
    commit(repositoryId: number, ref: string): Effect.Effect<string | null, GitError>
    /** Names of refs under a prefix that ends in "/". */
    names(repositoryId: number, prefix: string): Effect.Effect<ReadonlyArray<string>, GitError>
  }
>()("mosaic-coordinator/workspace/ControlClones") {
  static readonly layer = Layer.effect(
    ControlClones,
    Effect.gen(function* () {
      const { workDir } = yield* Settings
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const root = path.resolve(workDir, "clones")
      const at = (id: number) => path.join(root, `${id}.git`)
      const uses = yield* makeUses
      const { makeRoom } = yield* makeCloneRoom(root, uses)
      const stale = yield* removeStaleFiles(root)
      if (stale > 0) {
        yield* Effect.logInfo("Removed what a crash left in the clones").pipe(Effect.annotateLogs({ files: stale }))
      }
      const fetch = yield* makeFetching(root)
      const keeping = yield* makeKeeping
      const tidy = yield* makeTidying
      const used = new Set<number>()

      /** Whoever looks for room, or looks at the folders, finds which repository it is and when it was used. */
      const label = Effect.fnUntraced(function* (gitDir: string, { fullName }: Repository) {
        const now = (yield* Clock.currentTimeMillis) / MILLIS
        yield* Effect.ignore(fs.writeFileString(path.join(gitDir, "description"), `${fullName}\n`))
        yield* Effect.ignore(fs.utimes(gitDir, now, now))
      })

      const refresh = Effect.fn("ControlClones.refresh")(function* (repository: Repository) {
        const { id } = repository
        const gitDir = at(id)
        const isThere = yield* Effect.orElseSucceed(fs.exists(gitDir), () => false)
        if (!isThere) yield* makeRoom
        const untidy = { id, gitDir, isUnused: !isThere || !used.has(id) }
        used.add(id)
        yield* fetch(repository, gitDir)
        yield* uses.ifUndisturbed(id, tidy(untidy))
        yield* label(gitDir, repository)
        return gitDir
      })

      return {
        at,
        ...(yield* makeReading(at)),
        free: Effect.suspend(() => freeOn(path.resolve(workDir))),
        hold: uses.hold,
        keep: ({ fullName, id }, number) => keeping.keep(at(id), fullName, number),
        refresh: (repository) => uses.refreshing(repository.id, refresh(repository)),
        undisturbed: uses.undisturbed
      }
    })
  )
}

/** Looks at the refs of a clone. */
const makeReading = Effect.fnUntraced(function* (at: (id: number) => string) {
  const git = yield* Git

  const commit = Effect.fn("ControlClones.commit")((id: number, ref: string) =>
    git
      .run({
        operation: "read a ref",
        gitDir: at(id),
        args: ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`],
        answers: [1]
      })
      .pipe(Effect.map(({ code, text }) => (code === 0 ? text.trim() : null)))
  )

  const names = Effect.fn("ControlClones.names")((id: number, prefix: string) => git.refs(at(id), [prefix]))

  return { commit, names }
})
