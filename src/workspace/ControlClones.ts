import { Context, Effect, FileSystem, Layer, Path, Semaphore } from "effect"
import type { PlatformError } from "effect"
import { Git } from "../git/Git.ts"
import { GitError } from "../git/GitError.ts"
import type { Repository } from "../domain/Repository.ts"
import { Settings } from "../Settings.ts"
import { freeOn, removeFolder } from "./Folder.ts"
import { removeStaleFiles } from "./StaleFiles.ts"
import { REFS } from "./SnapshotRef.ts"
import { makeTidying } from "./Tidying.ts"

/** What Gitea has: its branches, and the snapshots, of which none here is overwritten or removed. */
const FETCHED = ["+refs/heads/*:refs/heads/*"]
const SNAPSHOTS = [`${REFS}/*:${REFS}/*`]

/** So many can use a clone at once without being disturbed; more wait. */
const USES = 1024

const notWritten = (operation: string) => (error: PlatformError.PlatformError) =>
  new GitError({ operation, reason: "full", detail: `a file could not be written (${error.reason._tag})` })

/**
 * The bare clones, one for each repository, that no agent ever sees. They are kept by the repository's id, hold what Gitea has and
 * every snapshot, and are the only repositories that the coordinator runs git on.
 */
export class ControlClones extends Context.Service<
  ControlClones,
  {
    /** The folder of a repository's clone, whether it is there or not. */
    at(repositoryId: number): string
    /**
     * Brings the clone up to what Gitea has now, packs it where that is due, and gives its folder. Comes before anything else that is
     * done with it since the start. One that cannot be read is made anew.
     */
    refresh(repository: Repository): Effect.Effect<string, GitError>
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
      const path = yield* Path.Path
      const root = path.resolve(workDir, "clones")
      const stale = yield* removeStaleFiles(root)
      if (stale > 0) {
        yield* Effect.logInfo("Removed what a crash left in the clones").pipe(Effect.annotateLogs({ files: stale }))
      }
      const at = (id: number) => path.join(root, `${id}.git`)
      const fetch = yield* makeFetching(root)
      const tidy = yield* makeTidying
      const turnOf = eachIts(1)
      const usesOf = eachIts(USES)
      const used = new Set<number>()

      const refresh = Effect.fn("ControlClones.refresh")(function* (repository: Repository) {
        const { id } = repository
        const gitDir = at(id)
        const untidy = { id, gitDir, isUnused: !used.has(id) }
        used.add(id)
        yield* fetch(repository, gitDir)
        yield* usesOf(id).withPermitsIfAvailable(USES)(tidy(untidy))
        return gitDir
      })

      return {
        at,
        ...(yield* makeReading(at)),
        free: Effect.suspend(() => freeOn(path.resolve(workDir))),
        refresh: (repository: Repository) => turnOf(repository.id).withPermit(refresh(repository)),
        undisturbed: (id: number) => (effect) => usesOf(id).withPermits(1)(effect)
      }
    })
  )
}

/** A semaphore for each repository. */
const eachIts = (permits: number) => {
  const all = new Map<number, Semaphore.Semaphore>()
  return (id: number): Semaphore.Semaphore => {
    const one = all.get(id) ?? Semaphore.makeUnsafe(permits)
    all.set(id, one)
    return one
  }
}

/** Brings a clone up to what Gitea has, and makes it where it is not there or cannot be read. */
const makeFetching = Effect.fnUntraced(function* (root: string) {
  const fs = yield* FileSystem.FileSystem
  const git = yield* Git
  const path = yield* Path.Path

  const create = (gitDir: string) =>
    Effect.andThen(
      Effect.mapError(fs.makeDirectory(root, { recursive: true, mode: 0o700 }), notWritten("create the clone")),
      git.run({
        operation: "create the clone",
        gitDir: null,
        args: ["init", "--quiet", "--bare", "--template=", gitDir]
      })
    )

  const fetch = (gitDir: string, from: string, refs: ReadonlyArray<string>, flags: ReadonlyArray<string> = []) =>
    git.run({
      operation: "fetch the repository",
      gitDir,
      args: ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", ...flags, from, ...refs],
      asBot: from.startsWith("http")
    })

  const fromGitea = ({ fullName }: Repository, gitDir: string) =>
    fetch(gitDir, git.remote(fullName), FETCHED, ["--prune", "--force"])

  /** What can still be read of the snapshots comes along; they may be nowhere else. */
  const rebuild = Effect.fnUntraced(function* (repository: Repository, gitDir: string) {
    yield* Effect.logWarning("Clone made anew, because it could not be read").pipe(
      Effect.annotateLogs({ repository: repository.id })
    )
    const broken = `${gitDir}.broken`
    yield* removeFolder(broken)
    yield* Effect.mapError(fs.rename(gitDir, broken), notWritten("set the clone aside"))
    yield* create(gitDir)
    yield* fromGitea(repository, gitDir)
    yield* Effect.ignore(fetch(gitDir, git.remote(repository.fullName), SNAPSHOTS))
    // It may be its settings alone that cannot be read.
    yield* Effect.ignore(fs.writeFileString(path.join(broken, "config"), "[core]\n\tbare = true\n"))
    yield* Effect.ignore(fetch(gitDir, broken, SNAPSHOTS))
  })

  return Effect.fnUntraced(function* (repository: Repository, gitDir: string) {
    if (!(yield* Effect.orElseSucceed(fs.exists(path.join(gitDir, "HEAD")), () => false))) yield* create(gitDir)
    yield* Effect.catchIf(
      fromGitea(repository, gitDir),
      ({ reason }) => reason === "damaged",
      () => rebuild(repository, gitDir)
    )
  })
})

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

  const names = Effect.fn("ControlClones.names")((id: number, prefix: string) =>
    git
      .text({ operation: "list refs", gitDir: at(id), args: ["for-each-ref", "--format=%(refname)", prefix] })
      .pipe(Effect.map((text) => text.split("\n").filter((line) => line !== "")))
  )

  return { commit, names }
})
