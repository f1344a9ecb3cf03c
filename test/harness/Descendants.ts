import { readdirSync, readFileSync } from "node:fs"

/** Those that one of its threads started. */
const childrenOf = (pid: number): ReadonlyArray<number> => {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").split(" ").filter(Boolean).map(Number)
    )
  } catch {
    return []
  }
}

/** Every process that descends from one, as Linux tells at this moment. */
export const descendantsOf = (pid: number): ReadonlyArray<number> =>
  childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)])
