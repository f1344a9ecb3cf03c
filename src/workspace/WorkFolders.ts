import { Clock, Duration, Effect, FileSystem, Path, Semaphore } from "effect"
import { Settings } from "../Settings.ts"
import { bringWithin, KeptAtMost } from "./Bounds.ts"
import type { Kept } from "./Bounds.ts"
import { measure, moveOut, removeFolder, removeHalf, wholeIn } from "./Folder.ts"
import { makeClaims } from "./FolderClaims.ts"

/** After so long nobody comes back for a folder that a crash left, or whose work could not be saved. */
const LEFT_OVER = Duration.toMillis(Duration.days(1))

/** What could not be saved is not tried again before. */
const AGAIN = Duration.hours(1)

/** Pure: those that were not used for a day. */
export const leftOver = (resting: ReadonlyArray<Kept>, now: number): ReadonlyArray<Kept> =>
  resting.filter(({ usedAt }) => usedAt + LEFT_OVER < now)

/** Work that could not be saved: whose, where and why, for the log. */
export interface Unsaved {
  readonly about: Readonly<Record<string, string | number>>
  /** It never can be, as long as the files are what they are. */
  readonly isLasting: boolean
}

/** Saves the work in a folder; null: it is safe. */
export type Salvage = (folder: string) => Effect.Effect<Unsaved | null>

/** The folders of sessions under AGENT_WORK_DIR. What a crash left of those that hold no work is removed here, once. */
export const makeWorkFolders = Effect.gen(function* () {
  const { workDir } = yield* Settings
  const path = yield* Path.Path
  const scope = yield* Effect.scope
  const root = path.resolve(workDir, "sessions")
  const { alone, enter, isAtWork } = makeClaims()
  const { remove, settle } = yield* makeSettling
  const [turn, sweep] = [Semaphore.makeUnsafe(1), Semaphore.makeUnsafe(1)]
  yield* removeHalf(root)

  /** Only folders of sessions that are not at work count. */
  const resting = Effect.flatMap(wholeIn(root), (names) =>
    Effect.forEach(
      names.map((name) => path.join(root, name)).filter((folder) => !isAtWork(folder)),
      measure
    )
  )

  const clearOld = Effect.fnUntraced(function* (salvage: Salvage, all: ReadonlyArray<Kept>) {
    const old = leftOver(all, yield* Clock.currentTimeMillis)
    yield* Effect.forEach(old, (folder) => alone(folder.path, settle(salvage, folder.path, false)), { discard: true })
  })

  /**
   * The oldest go where all of them together are too large, saved if it can be done; that is waited for. Those that were left over
   * for a day go later by themselves, one after the other, once their work is saved.
   */
  const makeRoom = Effect.fnUntraced(function* (salvage: Salvage) {
    const all = yield* resting
    yield* bringWithin(all, (yield* KeptAtMost).sessions, (folder) =>
      alone(folder.path, settle(salvage, folder.path, true))
    )
    yield* Effect.forkIn(sweep.withPermitsIfAvailable(1)(clearOld(salvage, all)), scope)
  })

  return { enter, makeRoom: (salvage: Salvage) => turn.withPermit(makeRoom(salvage)), remove, root }
})

/** Saves and removes what was left in a folder that nobody else is at. */
const makeSettling = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const tried = new Map<string, { readonly at: bigint; readonly unsaved: Unsaved }>()

  const remove = Effect.fnUntraced(function* (folder: string) {
    tried.delete(folder)
    return yield* removeFolder((yield* moveOut(folder)) ?? folder)
  })

  /** The last answer, for as long as it is not tried again. */
  const lately = Effect.fnUntraced(function* (folder: string) {
    const last = tried.get(folder)
    const now = yield* Clock.monotonicTimeNanos
    return last !== undefined && Duration.isLessThan(Duration.nanos(now - last.at), AGAIN) ? last.unsaved : null
  })

  /**
   * True: it has gone. What cannot be saved stays, and is told of, as long as there is room (`isPressing`: there is none), and where it
   * may be saved later in any case.
   */
  const settle = Effect.fnUntraced(function* (salvage: Salvage, folder: string, isPressing: boolean) {
    if (!(yield* Effect.orElseSucceed(fs.exists(folder), () => true))) return true
    const before = yield* lately(folder)
    const unsaved = before ?? (yield* salvage(folder))
    if (unsaved === null) return yield* remove(folder)
    if (before === null) tried.set(folder, { at: yield* Clock.monotonicTimeNanos, unsaved })
    const isLost = isPressing && unsaved.isLasting
    if (isLost || before === null) {
      const tell = isLost
        ? Effect.logWarning("Work removed that could not be saved")
        : Effect.logWarning("Work could not be saved, its folder is kept")
      yield* Effect.annotateLogs(tell, unsaved.about)
    }
    return isLost && (yield* remove(folder))
  })

  return { remove, settle }
})
