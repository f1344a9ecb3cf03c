import { Effect, FileSystem, Path } from "effect"
import { Settings } from "../Settings.ts"
import { KeptAtMost, surplus } from "./Bounds.ts"
import { measure, removeFolder } from "./Folder.ts"

/** What a crash leaves of a folder that was being made or removed, or was there for checks: no work is in it. */
const HALF = /^(new|gone|check)-/

/** The folders of sessions under AGENT_WORK_DIR. What a crash left of those that hold no work is removed here, once. */
export const makeWorkFolders = Effect.gen(function* () {
  const { workDir } = yield* Settings
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const root = path.resolve(workDir, "sessions")
  const atWork = new Set<string>()
  const names = Effect.orElseSucceed(fs.readDirectory(root), () => [])
  const half = (yield* names).filter((name) => HALF.test(name))
  yield* Effect.forEach(half, (name) => removeFolder(path.join(root, name)), { discard: true })

  /** Folders of sessions that are not at work count, and their work is safe or could not be saved for good. */
  const makeRoom = Effect.gen(function* () {
    const resting = (yield* names).map((name) => path.join(root, name)).filter((folder) => !atWork.has(folder))
    const gone = surplus(yield* Effect.forEach(resting, measure), (yield* KeptAtMost).sessions)
    yield* Effect.forEach(gone, ({ path: folder }) => removeFolder(folder), { discard: true })
  })

  /** Out of its place at once: what a crash leaves of a removal must not be taken for work. */
  const remove = Effect.fnUntraced(function* (folder: string) {
    const gone = path.join(root, `gone-${path.basename(folder)}`)
    yield* removeFolder(gone)
    const moved = yield* Effect.exit(fs.rename(folder, gone))
    return yield* removeFolder(moved._tag === "Success" ? gone : folder)
  })

  return { atWork, makeRoom, remove, root }
})
