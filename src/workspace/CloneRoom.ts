import { Effect, FileSystem, Path, Schema, Semaphore } from "effect"
import { FullName } from "../domain/Repository.ts"
import { KeptAtMost, surplus } from "./Bounds.ts"
import type { Kept } from "./Bounds.ts"
import type { Uses } from "./CloneUses.ts"
import { measure, removeFolder, sizeOf } from "./Folder.ts"
import { makeKeeping } from "./Keeping.ts"

const NAME = /^(\d+)\.git$/
/** What a crash leaves of a clone that was being made or removed. */
const HALF = /^(new|gone)-/

const decodeName = Schema.decodeUnknownEffect(FullName)

interface Clone extends Kept {
  readonly id: number
}

/**
 * Brings the clones under `root` within their bound: those used longest ago go first, none that is in use, and none with work that is
 * nowhere else. What a crash left half made or half removed is removed here, once.
 */
export const makeCloneRoom = Effect.fnUntraced(function* (root: string, uses: Uses) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const remove = yield* makeRemoving(root)
  const turn = Semaphore.makeUnsafe(1)
  const names = Effect.orElseSucceed(fs.readDirectory(root), () => [])
  const half = (yield* names).filter((name) => HALF.test(name))
  yield* Effect.forEach(half, (name) => removeFolder(path.join(root, name)), { discard: true })

  const clones = Effect.flatMap(names, (all) =>
    Effect.forEach(
      all.filter((name) => NAME.test(name)),
      Effect.fnUntraced(function* (name) {
        const kept = yield* measure(path.join(root, name))
        const broken = yield* sizeOf(`${kept.path}.broken`)
        return { ...kept, size: kept.size + broken, id: Number(NAME.exec(name)?.[1]) } satisfies Clone
      })
    )
  )

  /** One after the other, since what has to stay takes of the bound for the others. */
  const clear = Effect.fnUntraced(function* (all: ReadonlyArray<Clone>, limit: number): Effect.fn.Return<void> {
    const [oldest] = surplus(all, limit)
    if (oldest === undefined) return
    yield* uses.ifResting(oldest.id, remove(oldest))
    const stays = yield* Effect.orElseSucceed(fs.exists(oldest.path), () => false)
    const others = all.filter((clone) => clone !== oldest)
    yield* clear(others, stays ? limit - oldest.size : limit)
  })

  const makeRoom = Effect.gen(function* () {
    yield* clear(yield* clones, (yield* KeptAtMost).clones)
  })

  return { makeRoom: turn.withPermit(makeRoom) }
})

/** Removes a clone once all work in it is in Gitea; one that has to stay is told of once. */
const makeRemoving = Effect.fnUntraced(function* (root: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { keep, look } = yield* makeKeeping
  const told = new Set<number>()

  /** Which repository it is of, as its last refresh wrote it down. */
  const nameOf = (gitDir: string) =>
    fs.readFileString(path.join(gitDir, "description")).pipe(
      Effect.flatMap((text) => decodeName(text.trim())),
      Effect.orElseSucceed(() => null)
    )

  /** How many refs it has of work that Gitea does not have, once it was tried to bring them there. */
  const missing = Effect.fnUntraced(function* (gitDir: string, fullName: FullName | null) {
    if (fullName !== null) yield* Effect.ignore(keep(gitDir, fullName, null))
    return (yield* look(gitDir, null)).missing.length
  })

  /** Out of its place at once: what a crash leaves of a removal must not be taken for a clone. */
  const takeAway = Effect.fnUntraced(function* (gitDir: string) {
    const gone = path.join(root, `gone-${path.basename(gitDir)}`)
    yield* removeFolder(gone)
    const moved = yield* Effect.exit(fs.rename(gitDir, gone))
    if (moved._tag === "Failure") return
    yield* removeFolder(gone)
    yield* removeFolder(`${gitDir}.broken`)
  })

  return Effect.fnUntraced(function* ({ id, path: gitDir }: Clone) {
    const fullName = yield* nameOf(gitDir)
    const repository = fullName ?? `${id}`
    const refs = yield* Effect.orElseSucceed(missing(gitDir, fullName), () => null)
    if (refs === 0) {
      yield* takeAway(gitDir)
      yield* Effect.logInfo("Clone removed to make room: it was not used for long, and its work is in Gitea").pipe(
        Effect.annotateLogs({ repository })
      )
      return
    }
    if (told.has(id)) return
    told.add(id)
    yield* Effect.logWarning("Clone kept though there is no room for it").pipe(
      Effect.annotateLogs({
        repository,
        folder: gitDir,
        refs: refs ?? "unreadable",
        why: "its work could not be pushed: let the bot push to the repository, or remove the folder if nobody needs refs/mosaic in it"
      })
    )
  })
})
