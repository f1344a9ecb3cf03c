// @effect-diagnostics *:off
import { readFileSync, readdirSync } from "node:fs"
import { lstat, opendir } from "node:fs/promises"
import { join } from "node:path"

/** How long a look at all processes of the machine is good for: many trees are watched at the same time. */
const FRESH_MILLIS = 500
const KIBIBYTE = 1024
const BLOCK = 512

interface Known {
  readonly pid: number
  readonly parent: number
}

/** What a tree of processes uses: their number, and bytes of memory that are theirs and no file's. */
export interface Usage {
  readonly processes: number
  readonly memory: number
}

const read = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1")
  } catch {
    return ""
  }
}

/** The name may have anything in it, but what follows its last bracket is numbers. */
const parentIn = (stat: string): number => Number(/^.*\) . (\d+)/s.exec(stat)?.[1] ?? 0)

let seen: ReadonlyArray<Known> = []
let seenAt = -Infinity

const everything = (): ReadonlyArray<Known> => {
  const now = performance.now()
  if (now - seenAt < FRESH_MILLIS) return seen
  seenAt = now
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name))
  seen = pids.map((pid) => ({ pid: Number(pid), parent: parentIn(read(Number(pid), "stat")) }))
  return seen
}

/** Pure: the processes and all that descends from them. */
export const treeOf = (all: ReadonlyArray<Known>, roots: ReadonlyArray<number>): ReadonlySet<number> => {
  const children = new Map<number, Array<number>>()
  for (const { parent, pid } of all) children.set(parent, [...(children.get(parent) ?? []), pid])
  const found = new Set<number>()
  const waiting = [...roots]
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    if (found.has(pid)) continue
    found.add(pid)
    waiting.push(...(children.get(pid) ?? []))
  }
  return found
}

const memoryOf = (pid: number): number => {
  const sizes = read(pid, "status").matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)
  return [...sizes].reduce((sum, [, size]) => sum + Number(size) * KIBIBYTE, 0)
}

/**
 * What a process and all that it started use now. With a mark, those that bear it in their environment count too: without a namespace
 * of its own a daemon is nobody's child. Linux alone; elsewhere nothing is seen.
 */
export const usageOf = (root: number, mark: string | null): Usage => {
  try {
    const all = everything()
    const marked =
      mark === null ? [] : all.filter(({ pid }) => pid !== process.pid && read(pid, "environ").includes(mark))
    const tree = [...treeOf(all, [root, ...marked.map(({ pid }) => pid)])]
    return { processes: tree.length, memory: tree.reduce((sum, pid) => sum + memoryOf(pid), 0) }
  } catch {
    return { processes: 0, memory: 0 }
  }
}

/** Bytes on the disk under a folder, counted until they are more than `most`. Links are not followed. */
export const diskOf = async (folder: string, most: number): Promise<number> => {
  let size = 0
  try {
    for await (const entry of await opendir(folder)) {
      if (size > most) break
      const path = join(folder, entry.name)
      size += entry.isDirectory() ? await diskOf(path, most - size) : (await lstat(path)).blocks * BLOCK
    }
  } catch {
    // Gone, or closed to us, by now.
  }
  return size
}
