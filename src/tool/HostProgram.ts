import { existsSync, realpathSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Mount } from "./ToolHost.ts"

const here = dirname(fileURLToPath(import.meta.url))
const bundled = join(here, "host.js")

/** In the image the host is one file beside `main.js`; from the sources it is started as it is. */
const isBundled = existsSync(bundled)
const sources = join(here, "host")

/** Where the sources find the toolset: the modules that were installed, with the word on what kind of module ours are. */
const modules = (): ReadonlyArray<string> => {
  let folder = here
  while (!existsSync(join(folder, "node_modules")) && folder !== dirname(folder)) folder = dirname(folder)
  return [join(folder, "package.json"), join(folder, "node_modules")]
}

const fileOf = (name: string): string => (isBundled ? join(here, `${name}.js`) : join(sources, `${name}.ts`))

/** The program of the tool host. */
export const HOST_ARGV: readonly [string, ...ReadonlyArray<string>] = [
  realpathSync(process.execPath),
  "--max-old-space-size=512",
  fileOf("host")
]

/** A command that has the proxy behind a unix socket. */
export const forwarded = (socket: string, argv: ReadonlyArray<string>): ReadonlyArray<string> => [
  realpathSync(process.execPath),
  fileOf("forward"),
  socket,
  ...argv
]

/** What they need of this machine, read-only. */
export const HOST_MOUNTS: ReadonlyArray<Mount> = [
  realpathSync(process.execPath),
  ...(isBundled ? [bundled, fileOf("forward")] : [sources, ...modules()])
].map((path) => ({ path, access: "read" }))
