import { Effect, FileSystem, Path } from "effect"
import type { Repository } from "../domain/Repository.ts"
import { Git } from "../git/Git.ts"
import { notWritten } from "../git/GitError.ts"
import { removeFolder } from "./Folder.ts"
import { KEPT, PUSHED, REFS } from "./SnapshotRef.ts"

/** What Gitea has: its branches; and the work that was kept there, which is noted as such. */
const BRANCHES = ["+refs/heads/*:refs/heads/*"]
const WORK = [`${REFS}/*:${REFS}/*`, `+${REFS}/*:${KEPT}/*`]
/** What a clone that cannot be read any longer has. Nobody else moves it, so that what Gitea has is never newer. */
const LEFT = [`+${REFS}/*:${REFS}/*`, `+${PUSHED}/*:${PUSHED}/*`]

/** Brings a clone under `root` up to what Gitea has, and makes it where it is not there or cannot be read. */
export const makeFetching = Effect.fnUntraced(function* (root: string) {
  const fs = yield* FileSystem.FileSystem
  const git = yield* Git
  const path = yield* Path.Path
  const { create, fetch } = yield* makeCommands
  const fromBroken = yield* makeTakingOver
  const exists = (folder: string) => Effect.orElseSucceed(fs.exists(folder), () => false)
  const fromGitea = ({ fullName }: Repository, gitDir: string) =>
    fetch(gitDir, git.remote(fullName), BRANCHES, ["--prune", "--force"])

  /** Comes to its place when it is whole. */
  const make = Effect.fnUntraced(function* (repository: Repository, gitDir: string) {
    const fresh = path.join(root, `new-${path.basename(gitDir)}`)
    yield* removeFolder(fresh)
    yield* Effect.mapError(fs.makeDirectory(root, { recursive: true, mode: 0o700 }), notWritten("create the clone"))
    yield* create(fresh)
    yield* fromGitea(repository, fresh)
    // A later refresh does not look for it.
    yield* fetch(fresh, git.remote(repository.fullName), WORK)
    yield* fromBroken(repository, `${gitDir}.broken`, fresh)
    yield* Effect.mapError(fs.rename(fresh, gitDir), notWritten("create the clone"))
  })

  const rebuild = Effect.fnUntraced(function* (repository: Repository, gitDir: string) {
    yield* Effect.logWarning("Clone made anew, because it could not be read").pipe(
      Effect.annotateLogs({ repository: repository.id })
    )
    yield* removeFolder(`${gitDir}.broken`)
    yield* Effect.mapError(fs.rename(gitDir, `${gitDir}.broken`), notWritten("set the clone aside"))
    yield* make(repository, gitDir)
  })

  return Effect.fnUntraced(function* (repository: Repository, gitDir: string) {
    if (!(yield* exists(gitDir))) return yield* make(repository, gitDir)
    return yield* Effect.catchIf(
      fromGitea(repository, gitDir),
      ({ reason }) => reason === "damaged",
      () => rebuild(repository, gitDir)
    )
  })
})

/** Takes over what a clone has that was set aside because it could not be read. */
const makeTakingOver = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const git = yield* Git
  const path = yield* Path.Path
  const { fetch } = yield* makeCommands

  /** One by one, so that what cannot be read holds nothing else back. */
  const fetchEach = Effect.fnUntraced(function* (broken: string, gitDir: string) {
    const names = yield* git.refs(broken, [REFS, PUSHED])
    yield* Effect.forEach(names, (name) => Effect.ignore(fetch(gitDir, broken, [`+${name}:${name}`])), {
      discard: true
    })
  })

  /** What can still be read of the work comes along; it may be nowhere else. What comes whole is not left there, too. */
  const fromBroken = Effect.fnUntraced(function* ({ fullName, id }: Repository, broken: string, gitDir: string) {
    if (!(yield* Effect.orElseSucceed(fs.exists(broken), () => false))) return
    // It may be these files alone that cannot be read.
    yield* Effect.ignore(fs.writeFileString(path.join(broken, "config"), "[core]\n\tbare = true\n"))
    yield* Effect.ignore(fs.writeFileString(path.join(broken, "HEAD"), "ref: refs/heads/main\n"))
    const why = yield* Effect.match(fetch(gitDir, broken, LEFT), {
      onSuccess: () => null,
      onFailure: (error) => error.message
    })
    if (why === null) {
      yield* removeFolder(broken)
      return
    }
    yield* Effect.ignore(fetchEach(broken, gitDir))
    yield* Effect.logWarning("Clone is kept beside the new one: not all of it could be read").pipe(
      Effect.annotateLogs({ repository: fullName, id, folder: broken, why })
    )
  })

  return fromBroken
})

const makeCommands = Effect.gen(function* () {
  const git = yield* Git

  const create = (gitDir: string) =>
    git.run({
      operation: "create the clone",
      gitDir: null,
      args: ["init", "--quiet", "--bare", "--template=", gitDir]
    })

  const fetch = (gitDir: string, from: string, refs: ReadonlyArray<string>, flags: ReadonlyArray<string> = []) =>
    Effect.asVoid(
      git.run({
        operation: "fetch the repository",
        gitDir,
        args: ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", ...flags, from, ...refs],
        asBot: from.startsWith("http")
      })
    )

  return { create, fetch }
})
