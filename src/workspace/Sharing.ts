import { Effect, Path } from "effect"
import { chmod, lstat, mkdir, readdir } from "node:fs/promises"
import { join } from "node:path"
import { Git } from "../git/Git.ts"
import { Settings } from "../Settings.ts"
import { wayOf } from "../tool/Isolation.ts"
import { ControlClones } from "./ControlClones.ts"
import type { Site } from "./Snapshots.ts"
import { homeOf } from "./Surroundings.ts"

/** Modes for the group, with its id passed on to what is made in a folder. `STICKY`: what is ours there stays as it is and where it is. */
const OURS = 0o2750
const THEIRS = 0o2770
const STICKY = 0o3770
const READABLE = 0o640
const WRITABLE = 0o660
const RUNNABLE = 0o770
const OWNERS_RUN = 0o100
const AT_ONCE = 8

const setMode = (path: string, mode: number) => Effect.promise(() => chmod(path, mode))

/** Files of a checkout that can be run stay so. */
const share = (path: string) =>
  lstat(path).then(({ mode }) => chmod(path, (mode & OWNERS_RUN) === 0 ? WRITABLE : RUNNABLE))
const readable = (path: string) => chmod(path, READABLE)

/** Everything in a folder of ours, links aside; nobody else can reach it yet. */
const openAll = (folder: string, folderMode: number, openFile: (path: string) => Promise<void>): Effect.Effect<void> =>
  Effect.promise(() => readdir(folder, { withFileTypes: true })).pipe(
    Effect.flatMap((entries) =>
      Effect.forEach(
        entries,
        (entry) => {
          const path = join(folder, entry.name)
          if (entry.isDirectory()) return openAll(path, folderMode, openFile)
          return entry.isFile() ? Effect.promise(() => openFile(path)) : Effect.void
        },
        { concurrency: AT_ONCE, discard: true }
      )
    ),
    Effect.andThen(setMode(folder, folderMode))
  )

/**
 * A tools container is another user of the same group. It gets what a session needs and nothing else: the checkout, to do with as it
 * likes, and a repository for snapshots whose settings stay ours. It never sees a control clone, so that the objects of the base are
 * copied. A folder is opened once it is complete: from then on no git of ours is run in it. Elsewhere nothing has to be done.
 */
export const makeSharing = Effect.gen(function* () {
  const isShared = wayOf(yield* Settings) === "socket"
  const clones = yield* ControlClones
  const git = yield* Git
  const path = yield* Path.Path

  /** Copies what the base and a later commit consist of into a repository for snapshots, which nobody else can write to yet. */
  const copyBase = ({ base, repositoryId, save }: Site, commit: string) =>
    git.run({
      operation: "prepare snapshots",
      gitDir: save,
      // As a pack: a folder of loose objects would be ours, and the other user could add none to it.
      args: ["-c", "fetch.unpackLimit=1", "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--depth=1"].concat(
        clones.at(repositoryId),
        base,
        commit
      )
    })

  const openSave = ({ save }: Site) =>
    Effect.promise(() => mkdir(join(save, "info"), { recursive: true })).pipe(
      Effect.andThen(openAll(save, OURS, readable)),
      Effect.andThen(setMode(path.join(save, "objects"), STICKY)),
      Effect.andThen(setMode(save, STICKY))
    )

  /** `tree` is a checkout in a folder of its own, with a home beside it. */
  const openTree = (tree: string) =>
    openAll(tree, THEIRS, share).pipe(
      Effect.andThen(setMode(homeOf(tree), THEIRS)),
      Effect.andThen(setMode(path.dirname(tree), OURS))
    )

  /** Copies commits that came later, for which no git has to be run in the repository itself. */
  const copyMore = ({ base, repositoryId, save }: Site, commits: ReadonlyArray<string>) =>
    git.run({
      operation: "prepare snapshots",
      gitDir: clones.at(repositoryId),
      args: ["pack-objects", "-q", "--revs", path.join(save, "objects", "pack", "pack")],
      input: `${[...commits, `^${base}`].join("\n")}\n`
    })

  const where = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<void, E> =>
    isShared ? Effect.asVoid(effect) : Effect.void
  return {
    isShared,
    copyBase,
    openSave: (site: Site) => where(openSave(site)),
    openTree: (tree: string) => where(openTree(tree)),
    copyMore: (site: Site, commits: ReadonlyArray<string>) => where(copyMore(site, commits))
  }
})
