import { Effect, FileSystem, Path, Schema, Semaphore } from "effect"
import { FullName } from "../domain/Repository.ts"
import { bringWithin, KeptAtMost } from "./Bounds.ts"
import type { Kept } from "./Bounds.ts"
import type { Uses } from "./CloneUses.ts"
import { measure, moveOut, removeFolder, removeHalf, sizeOf, wholeIn } from "./Folder.ts"
import { makeKeeping, ofWork } from "./Keeping.ts"

const NAME = /^(\d+)\.git$/

const decodeName = Schema.decodeUnknownEffect(FullName)

interface Clone extends Kept {
  readonly id: number
}

/** What lies beside a clone of what could not be read, and was not all taken over. */
const brokenOf = (gitDir: string) => `${gitDir}.broken`

/**
 * Brings the clones under `root` within their bound: those used longest ago go first, none that is in use, and none with work that is
 * nowhere else. What a crash left half made or half removed is removed here, once.
 */
export const makeCloneRoom = Effect.fnUntraced(function* (root: string, uses: Uses) {
  const path = yield* Path.Path
  const remove = yield* makeRemoving(uses)
  const turn = Semaphore.makeUnsafe(1)
  yield* removeHalf(root)

  const clones = Effect.flatMap(wholeIn(root), (all) =>
    Effect.forEach(
      all.filter((name) => NAME.test(name)),
      Effect.fnUntraced(function* (name) {
        const kept = yield* measure(path.join(root, name))
        const broken = yield* sizeOf(brokenOf(kept.path))
        return { ...kept, size: kept.size + broken, id: Number(NAME.exec(name)?.[1]) } satisfies Clone
      })
    )
  )

  const makeRoom = Effect.gen(function* () {
    yield* bringWithin(yield* clones, (yield* KeptAtMost).clones, (clone) =>
      Effect.map(uses.ifResting(clone.id, remove(clone)), (removed) => removed._tag === "Some" && removed.value)
    )
  })

  return { makeRoom: turn.withPermit(makeRoom) }
})

/** Removes a clone once all work in it is in Gitea; one that has to stay is told of once. Gives whether it has gone. */
const makeRemoving = Effect.fnUntraced(function* (uses: Uses) {
  const whyNot = yield* makeReasons
  const told = new Set<number>()

  const tell = Effect.fnUntraced(function* ({ id, path: folder }: Clone, repository: string, why: string) {
    if (told.has(id)) return
    told.add(id)
    yield* Effect.logWarning("Clone kept though there is no room for it").pipe(
      Effect.annotateLogs({ repository, folder, why })
    )
  })

  return Effect.fnUntraced(function* (clone: Clone) {
    const { repository, why } = yield* whyNot(clone)
    if (why !== null) return yield* Effect.as(tell(clone, repository, why), false)
    const moved = yield* uses.takeOut(clone.id, moveOut(clone.path))
    if (moved._tag === "None") return false
    if (moved.value === null) return yield* Effect.as(tell(clone, repository, "its folder could not be moved"), false)
    told.delete(clone.id)
    yield* removeFolder(moved.value)
    yield* Effect.logInfo("Clone removed to make room: it was not used for long, and its work is in Gitea").pipe(
      Effect.annotateLogs({ repository })
    )
    return true
  })
})

/** Why a clone has to stay; null: all work in it is in Gitea, which was asked just now. */
const makeReasons = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { absent, look } = yield* makeKeeping

  /** As its last refresh wrote it down. The name may be another repository's by now, which is why nothing is pushed there. */
  const nameOf = (gitDir: string) =>
    fs.readFileString(path.join(gitDir, "description")).pipe(
      Effect.flatMap((text) => decodeName(text.trim())),
      Effect.orElseSucceed(() => null)
    )

  const reasonOf = Effect.fnUntraced(function* (gitDir: string, fullName: FullName | null) {
    if (yield* Effect.orElseSucceed(fs.exists(brokenOf(gitDir)), () => true)) {
      return `a clone that could not be read lies beside it: remove ${brokenOf(gitDir)} if nobody needs its work`
    }
    const here = yield* look(gitDir, null)
    const needed = ofWork(here.needed)
    const missing = needed.filter((ref) => here.missing.includes(ref))
    if (needed.length === 0) return null
    if (fullName === null) return "it is not known which repository it is of"
    const refs = missing.length > 0 ? missing : yield* absent(fullName, needed)
    return refs.length === 0
      ? null
      : `Gitea does not have ${refs.length} of its refs, such as ${refs[0]?.name}: let the bot push to the repository, or remove the folder if nobody needs them`
  })

  return Effect.fnUntraced(function* ({ id, path: gitDir }: Clone) {
    const fullName = yield* nameOf(gitDir)
    const why = yield* Effect.catch(reasonOf(gitDir, fullName), ({ message }) => Effect.succeed(message))
    return { repository: fullName ?? `${id}`, why }
  })
})
