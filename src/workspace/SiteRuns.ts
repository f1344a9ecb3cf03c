import { Duration, Effect, Path } from "effect"
import { ToolHost } from "../tool/ToolHost.ts"
import type { Command } from "../tool/ToolHost.ts"
import { ControlClones } from "./ControlClones.ts"
import type { Site } from "./Snapshots.ts"

const TIME_LIMIT = Duration.minutes(2)
/** Bytes of an answer, where nothing else is said. */
const MAX_ANSWER = 8 * 1024

/**
 * Runs a script of ours on a workspace, in a fresh isolation: it may write to the checkout (TREE) and to the repository for snapshots
 * (SAVE), and read the objects of the clone, of which that borrows.
 */
export const makeSiteRuns = Effect.gen(function* () {
  const clones = yield* ControlClones
  const host = yield* ToolHost
  const path = yield* Path.Path

  return (
    { repositoryId, save, tree }: Site,
    script: string,
    env: Readonly<Record<string, string>>,
    output: Command["output"] = { bytes: MAX_ANSWER, over: "keep last" }
  ) =>
    host.run({
      argv: ["bash", "-c", script],
      env: { TREE: tree, SAVE: save, ...env },
      mounts: [
        { path: tree, access: "write" },
        { path: save, access: "write" },
        { path: path.join(clones.at(repositoryId), "objects"), access: "read" }
      ],
      cwd: tree,
      limit: TIME_LIMIT,
      output
    })
})
