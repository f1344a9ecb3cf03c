import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { lstatSync, readlinkSync } from "node:fs"
import { BASE_ENV, bubblewrapArgs, OUTER_ENV } from "./Bubblewrap.ts"
import type { TopFolder } from "./Bubblewrap.ts"
import type { Wrapping } from "./ChildStarter.ts"
import { makeHome, removeHome } from "./host/Home.ts"
import { MARK, sweep } from "./host/Sweep.ts"
import { limited } from "./Limits.ts"

const TOPS = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]

const topFolder = (path: string): ReadonlyArray<TopFolder> => {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return []
  return [{ path, link: found.isSymbolicLink() ? readlinkSync(path) : null }]
}

/** Each command in namespaces of its own, with nothing but what is mounted. Its end is the end of all processes in it. */
export const bubblewrap = (): Wrapping => {
  const folders = TOPS.flatMap(topFolder)
  return {
    wrap: (surroundings, argv) => ({
      program: "bwrap",
      args: bubblewrapArgs(surroundings, argv, folders),
      env: OUTER_ENV,
      cwd: "/",
      mark: null,
      after: Effect.void
    }),
    notStarted: (stderr) => (stderr.startsWith("bwrap: ") ? (stderr.split("\n")[0] ?? "") : null)
  }
}

/**
 * No isolation at all, for who asked for it by name: commands run as our own user, in a clean environment. What they start bears a
 * mark by which it is found at the end.
 */
export const none: Wrapping = {
  wrap: ({ cwd, env = {} }, argv) => {
    const mark = randomUUID()
    const home = makeHome()
    const [program = "bash", ...args] = limited(argv, null)
    return {
      program,
      args,
      env: { ...BASE_ENV, HOME: home, ...env, [MARK]: mark },
      cwd,
      mark: `${MARK}=${mark}`,
      after: Effect.sync(() => {
        sweep(`${MARK}=${mark}`)
        removeHome(home)
      })
    }
  },
  notStarted: () => null
}
