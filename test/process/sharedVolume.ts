import { Effect, FileSystem } from "effect"
import { chmodSync, chownSync, mkdirSync } from "node:fs"
import { STRANGER, toolsContainer } from "../tool/ToolsContainer.ts"

/** A tools container of another user, and the folders as the volumes of the README's compose file are. */
export const sharedVolume = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const socket = yield* toolsContainer
  const workDir = yield* fs.realPath(yield* fs.makeTempDirectoryScoped({ prefix: "mosaic-work-" }))
  chmodSync(workDir, 0o711)
  const sessions = `${workDir}/sessions`
  mkdirSync(sessions)
  chownSync(sessions, process.getuid?.() ?? 0, STRANGER)
  chmodSync(sessions, 0o2750)
  return { socket, workDir }
})
