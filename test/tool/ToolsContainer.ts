import { Effect, FileSystem } from "effect"
import { spawn } from "node:child_process"
import { chownSync, chmodSync, existsSync } from "node:fs"
import { eventually } from "../harness/Eventually.ts"

/** Another user than the tests', where they are root and can be both. */
export const STRANGER = 65_534

/** What the tools container runs, in a process of another user, with its socket in a folder of its own. */
export const toolsContainer = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.realPath(yield* fs.makeTempDirectoryScoped({ prefix: "mosaic-tools-" }))
  chmodSync(folder, 0o755)
  chownSync(folder, STRANGER, STRANGER)
  const socket = `${folder}/tools.sock`
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, ["src/tool/host/container.ts", socket], {
        uid: STRANGER,
        gid: STRANGER,
        env: { PATH: "/usr/bin:/bin" },
        stdio: ["ignore", "ignore", "inherit"]
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  yield* eventually(
    "a socket",
    Effect.sync(() => existsSync(socket)),
    (is) => is
  )
  return socket
})
