import { readdirSync, readFileSync } from "node:fs"

const parentOf = (pid: number): number | null => {
  try {
    // What follows the name, which is in brackets and may hold any: its state, then its parent.
    return Number(/.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "latin1"))?.[1])
  } catch {
    return null
  }
}

/** Every process that descends from one, as Linux tells at this moment. */
export const descendantsOf = (pid: number): ReadonlyArray<number> => {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(Number(name))] as const)
  )
  const below = (of: number): ReadonlyArray<number> =>
    [...parents].filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...below(child)])
  return below(pid)
}
