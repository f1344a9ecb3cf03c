import { Effect } from "effect"
import { readdir, rm } from "node:fs/promises"
import { join } from "node:path"

const attempt = <A>(run: () => Promise<A>) => Effect.option(Effect.tryPromise({ try: run, catch: () => null }))

/** Pure: whether git leaves a file of this path in a repository only when it is killed: a lock, or what it had not finished writing. */
export const isStale = (path: string): boolean => {
  const name = path.slice(path.lastIndexOf("/") + 1)
  return path.startsWith("objects/") ? /^(\.?tmp[_-]|incoming-)|\.lock$/.test(name) : name.endsWith(".lock")
}

/**
 * Removes what a git that was killed left in the clones of a folder, and gives how many files. Only the holder of the store may do
 * so, before anything runs: nobody else's git is at work there.
 */
export const removeStaleFiles = Effect.fnUntraced(function* (root: string) {
  const found = yield* attempt(() => readdir(root, { recursive: true, withFileTypes: true }))
  const files = (found._tag === "None" ? [] : found.value).filter(
    (entry) =>
      entry.isFile() &&
      isStale(
        join(entry.parentPath, entry.name)
          .slice(root.length + 1)
          .replace(/^[^/]*\//, "")
      )
  )
  yield* Effect.forEach(files, ({ name, parentPath }) => attempt(() => rm(join(parentPath, name), { force: true })), {
    discard: true
  })
  return files.length
})
