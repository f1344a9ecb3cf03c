import { Effect, FileSystem, Path } from "effect"
import type { PlatformError } from "effect"

/** For the owner alone. */
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

/** A file that belongs to a store, next to it; null: a store in memory has none. */
export const besideStore = (file: string, what: string): string | null =>
  file === ":memory:" ? null : `${file}.${what}`

const isThere = ({ reason }: PlatformError.PlatformError): boolean => reason._tag === "AlreadyExists"

/**
 * Writes a file that only its owner may read, unless there is one. One that is there is not even opened: closing it would drop a lock
 * that this process holds on it.
 */
export const writePrivate = Effect.fnUntraced(function* (file: string, text: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs
    .writeFileString(file, text, { flag: "wx", mode: FILE_MODE })
    .pipe(Effect.catchIf(isThere, () => Effect.void))
})

/** The folder of a file, and those above it. */
export const makePrivateFolder = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  yield* fs.makeDirectory(path.dirname(file), { recursive: true, mode: FOLDER_MODE })
})
