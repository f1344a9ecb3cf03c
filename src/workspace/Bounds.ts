import { Context, Effect } from "effect"

export const MEBIBYTE = 1024 * 1024

/** Files that one workspace may hold, those included that git ignores: what the packages of a build bring. */
export const MAX_TREE_FILES = 1_000_000

/** What is saved of a workspace at most: files, and mebibytes in them. */
export const SavedAtMost = Context.Reference("mosaic-coordinator/workspace/Bounds/SavedAtMost", {
  defaultValue: () => ({ files: 100_000, mebibytes: 1024 })
})

/** Bytes that one snapshot may bring that its base does not have. */
export const MAX_SNAPSHOT = 256 * MEBIBYTE

/** Bytes that the folders of sessions under AGENT_WORK_DIR may take, beside those at work, and that all clones there may take. */
export const KeptAtMost = Context.Reference("mosaic-coordinator/workspace/Bounds/KeptAtMost", {
  defaultValue: () => ({ sessions: 20 * 1024 * MEBIBYTE, clones: 20 * 1024 * MEBIBYTE })
})

/** Bytes that have to be free on the disk before work begins, and how many times a repository has room to lie there beside. */
export const MIN_FREE = 1024 * MEBIBYTE
const COPIES = 3

/** Pure: whether so many free bytes are too few to work on a repository of so many bytes. */
export const isTooFull = (free: number, size: number): boolean => free < MIN_FREE + COPIES * size

/** Snapshots of a session that are kept; the oldest go first. */
export const MAX_SNAPSHOTS = 50

/** Files that the objects of a control clone may lie in before they are packed: those with one object each, and packs. */
export const MAX_LOOSE = 5000
export const MAX_PACKS = 30

/** A folder, and when it was used last (milliseconds). */
export interface Kept {
  readonly path: string
  readonly size: number
  readonly usedAt: number
}

/** Takes the oldest away, one after the other, until what is there is within `limit` bytes. `takeAway` gives whether it has gone. */
export const bringWithin = Effect.fnUntraced(function* <A extends Kept, E, R>(
  all: ReadonlyArray<A>,
  limit: number,
  takeAway: (one: A) => Effect.Effect<boolean, E, R>
) {
  let size = all.reduce((sum, one) => sum + one.size, 0)
  for (const one of all.toSorted((left, right) => left.usedAt - right.usedAt)) {
    if (size <= limit) return
    if (yield* takeAway(one)) size -= one.size
  }
})
