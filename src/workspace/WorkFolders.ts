import { Clock, Duration, Effect, FileSystem, Path, Semaphore } from "effect"
import { Settings } from "../Settings.ts"
import { KeptAtMost, surplus } from "./Bounds.ts"
import type { Kept } from "./Bounds.ts"
import { measure, removeFolder } from "./Folder.ts"

/** After so long nobody comes back for a folder that a crash left, or whose work could not be saved. */
const LEFT_OVER = Duration.toMillis(Duration.days(1))

/** Pure: those that were not used for a day. */
export const leftOver = (resting: ReadonlyArray<Kept>, now: number): ReadonlyArray<Kept> =>
  resting.filter(({ usedAt }) => usedAt + LEFT_OVER < now)

/** Saves the work in a folder: true where it is safe, else what is given says why, for the log. */
export type Salvage = (folder: string, told: Effect.Effect<void>) => Effect.Effect<boolean>

/** What a crash leaves of a folder that was being made or removed, or was there for checks: no work is in it. */
const HALF = /^(new|gone|check)-/

/** The folders of sessions under AGENT_WORK_DIR. What a crash left of those that hold no work is removed here, once. */
export const makeWorkFolders = Effect.gen(function* () {
  const { workDir } = yield* Settings
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const root = path.resolve(workDir, "sessions")
  const atWork = new Set<string>()
  const tried = new Set<string>()
  const turn = Semaphore.makeUnsafe(1)
  const names = Effect.orElseSucceed(fs.readDirectory(root), () => [])
  const half = (yield* names).filter((name) => HALF.test(name))
  yield* Effect.forEach(half, (name) => removeFolder(path.join(root, name)), { discard: true })

  /** Out of its place at once: what a crash leaves of a removal must not be taken for work. */
  const remove = Effect.fnUntraced(function* (folder: string) {
    const gone = path.join(root, `gone-${path.basename(folder)}`)
    tried.delete(folder)
    yield* removeFolder(gone)
    const moved = yield* Effect.exit(fs.rename(folder, gone))
    return yield* removeFolder(moved._tag === "Success" ? gone : folder)
  })

  /** Tried once; what cannot be saved stays as long as there is room. True: it has gone. */
  const clear = Effect.fnUntraced(function* (salvage: Salvage, { path: folder }: Kept) {
    if (tried.has(folder) || atWork.has(folder)) return false
    tried.add(folder)
    const isSafe = yield* salvage(folder, Effect.logWarning("Work could not be saved, its folder is kept"))
    return isSafe && (yield* remove(folder))
  })

  const drop = Effect.fnUntraced(function* (salvage: Salvage, { path: folder }: Kept) {
    if (atWork.has(folder)) return
    yield* salvage(folder, Effect.logWarning("Work removed that could not be saved"))
    yield* remove(folder)
  })

  /**
   * Only folders of sessions that are not at work count. Those that were left over for a day go once their work is saved, and the
   * oldest where all of them are too large, saved if it can be done.
   */
  const makeRoom = Effect.fnUntraced(function* (salvage: Salvage) {
    const resting = (yield* names)
      .filter((name) => !HALF.test(name))
      .map((name) => path.join(root, name))
      .filter((folder) => !atWork.has(folder))
    const all = yield* Effect.forEach(resting, measure)
    const old = leftOver(all, yield* Clock.currentTimeMillis)
    const cleared = yield* Effect.filter(old, (folder) => clear(salvage, folder))
    const left = all.filter((folder) => !cleared.includes(folder))
    const gone = surplus(left, (yield* KeptAtMost).sessions)
    yield* Effect.forEach(gone, (folder) => drop(salvage, folder), { discard: true })
  })

  // One after the other: whoever has put a folder to work and waited here knows that nobody else is at it.
  return { atWork, makeRoom: (salvage: Salvage) => turn.withPermit(makeRoom(salvage)), remove, root }
})
