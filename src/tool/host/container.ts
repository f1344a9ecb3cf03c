// @effect-diagnostics *:off
import { chmodSync, existsSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { BASE_ENV } from "../Bubblewrap.ts"
import { limited } from "../Limits.ts"
import { forwarded, HOST_ARGV } from "../HostProgram.ts"
import { serve } from "./Connection.ts"

/** Whoever may reach the folder of the socket may connect: the coordinator has another user. */
const EVERYBODY = 0o777
/** The checkouts were made by another user, for this one: git is to take them for its own. */
const OWNED = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "safe.directory", GIT_CONFIG_VALUE_0: "*" }

/**
 * The program of the tools container: listens on a unix socket in a volume that it shares with the coordinator, and starts what it
 * is asked for, without network, secrets or rights of its own. The container is the isolation. With `--alone` every process in it
 * is taken for ours, and what a session leaves behind is killed.
 */
const [path, alone] = process.argv.slice(2)
if (path === undefined || (alone !== undefined && alone !== "--alone")) {
  console.error("Say where to listen: container.js <path of the unix socket> [--alone]")
  process.exit(1)
}
// Files that the agent makes can be removed and read by the coordinator's group.
process.umask(0o002)
if (existsSync(path)) rmSync(path)
const means = {
  host: HOST_ARGV,
  forwarded,
  limited: (argv: ReadonlyArray<string>) => limited(argv, null),
  env: { ...BASE_ENV, ...OWNED },
  isAlone: alone !== undefined
}
createServer({ allowHalfOpen: false }, (socket) => serve(means, socket)).listen(path, () => {
  chmodSync(path, EVERYBODY)
  console.log(`Tools at ${path}`)
})
