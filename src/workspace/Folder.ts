import { Effect } from "effect"
import { chmod, lstat, readdir, rename, rm, stat, statfs } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import type { Kept } from "./Bounds.ts"

const OWN = 0o700
/** Folders looked into at the same time. */
const AT_ONCE = 8

const attempt = <A>(run: () => Promise<A>) => Effect.option(Effect.tryPromise({ try: run, catch: () => null }))

/** Links are not followed: whoever wrote into the folder must not lead us out of it. */
const subfolders = Effect.fnUntraced(function* (path: string) {
  const entries = yield* attempt(() => readdir(path, { withFileTypes: true }))
  return entries._tag === "None" ? [] : entries.value
})

/** Bytes in files under the folder, as far as they can be read. */
export const sizeOf = (path: string): Effect.Effect<number> =>
  Effect.flatMap(subfolders(path), (entries) =>
    Effect.map(
      Effect.forEach(
        entries,
        (entry) =>
          entry.isDirectory()
            ? sizeOf(join(path, entry.name))
            : Effect.map(
                attempt(() => lstat(join(path, entry.name))),
                (found) => (found._tag === "None" ? 0 : found.value.size)
              ),
        { concurrency: AT_ONCE }
      ),
      (sizes) => sizes.reduce((sum, size) => sum + size, 0)
    )
  )

/** How large a folder is, and when it was used last as far as its own time tells. */
export const measure = (path: string): Effect.Effect<Kept> =>
  Effect.zipWith(
    sizeOf(path),
    attempt(() => stat(path)),
    (size, found) => ({ path, size, usedAt: found._tag === "None" ? 0 : found.value.mtimeMs })
  )

/** Bytes that are free on the disk of a folder, which need not be there yet; what cannot be told is no bound. */
export const freeOn = (path: string): Effect.Effect<number> =>
  Effect.flatMap(
    attempt(() => statfs(path)),
    (found) => {
      if (found._tag === "Some") return Effect.succeed(found.value.bavail * found.value.bsize)
      return path === dirname(path) ? Effect.succeed(Number.MAX_SAFE_INTEGER) : freeOn(dirname(path))
    }
  )

/** A folder that its owner closed to itself cannot be emptied. */
const open = (path: string): Effect.Effect<void> =>
  Effect.andThen(
    attempt(() => chmod(path, OWN)),
    Effect.flatMap(subfolders(path), (entries) =>
      Effect.forEach(
        entries.filter((entry) => entry.isDirectory()),
        (entry) => open(join(path, entry.name)),
        { concurrency: AT_ONCE, discard: true }
      )
    )
  )

const remove = (path: string) => attempt(() => rm(path, { recursive: true, force: true }))

/** Removes a folder that an agent may have closed. True when nothing is left of it. */
export const removeFolder = (path: string): Effect.Effect<boolean> =>
  Effect.flatMap(remove(path), (done) =>
    done._tag === "Some"
      ? Effect.succeed(true)
      : Effect.andThen(
          open(path),
          Effect.map(remove(path), (again) => again._tag === "Some")
        )
  )

/** What a crash leaves of a folder that was being made or removed, or was there for checks: nothing that is needed is in it. */
const HALF = /^(new|gone|check)-/

const namesIn = (root: string) => Effect.map(subfolders(root), (entries) => entries.map(({ name }) => name))

/** Names of the folders in a folder that are whole. */
export const wholeIn = (root: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(namesIn(root), (names) => names.filter((name) => !HALF.test(name)))

/** Removes the others. Only where nobody makes or removes one. */
export const removeHalf = (root: string): Effect.Effect<void> =>
  Effect.flatMap(namesIn(root), (names) =>
    Effect.forEach(
      names.filter((name) => HALF.test(name)),
      (name) => removeFolder(join(root, name)),
      { discard: true }
    )
  )

/**
 * Takes a folder out of its place at once: what a crash leaves of a removal must not be taken for what was there. Gives where it is
 * until it is removed; null: it could not be moved.
 */
export const moveOut = (path: string): Effect.Effect<string | null> => {
  const gone = join(dirname(path), `gone-${basename(path)}`)
  return Effect.andThen(
    removeFolder(gone),
    Effect.map(
      attempt(() => rename(path, gone)),
      (moved) => (moved._tag === "Some" ? gone : null)
    )
  )
}
