import { Effect, FileSystem } from "effect"
import { ChildProcess } from "effect/process"
import { chmodSync, chownSync, existsSync } from "node:fs"
import { eventually } from "../harness/Eventually.ts"

/** Another user than the tests', where they are root and can be both. */
export const STRANGER = 65_534

/** Namespaces as a container without network has them, then another user without any rights. */
const CONTAINER = (
  "--net --ipc --uts --mount --pid --fork --kill-child --mount-proc " +
  `setpriv --reuid=${STRANGER} --regid=${STRANGER} --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all`
).split(" ")

/** What the tools container runs, as it runs there, with its socket in a folder of its own. */
export const toolsContainer = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.realPath(yield* fs.makeTempDirectoryScoped({ prefix: "mosaic-tools-" }))
  chmodSync(folder, 0o755)
  chownSync(folder, STRANGER, STRANGER)
  const socket = `${folder}/tools.sock`
  const program = [process.execPath, "src/tool/host/container.ts", socket, "--alone"]
  yield* ChildProcess.make("unshare", [...CONTAINER, ...program], {
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    extendEnv: false,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
    killSignal: "SIGKILL"
  })
  yield* eventually(
    "a socket",
    Effect.sync(() => existsSync(socket)),
    (is) => is
  )
  return socket
})
