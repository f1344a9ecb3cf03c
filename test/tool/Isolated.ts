import { NodeServices } from "@effect/platform-node"
import { Duration, Effect, FileSystem, Layer, Logger } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import type { SettingsValues } from "../../src/Settings.ts"
import { ToolHost } from "../../src/tool/ToolHost.ts"
import type { CallLimits, Command } from "../../src/tool/ToolHost.ts"
import { eventually } from "../harness/Eventually.ts"
import { settings } from "../harness/TestSettings.ts"

/** The real port, isolated as the settings say. Always a new one: a layer is otherwise built once, with the settings of the first. */
export const tools = (overrides: Partial<SettingsValues>) =>
  Layer.fresh(
    ToolHost.layer.pipe(
      Layer.provideMerge(NodeServices.layer),
      Layer.provideMerge(settings(overrides)),
      Layer.provide(Logger.layer([]))
    )
  )

export const LIMITS: CallLimits = { time: Duration.seconds(10), bytes: 20_000 }

/** A folder that an isolation may write to. */
export const workspace = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  return yield* fs.realPath(yield* fs.makeTempDirectoryScoped({ prefix: "mosaic-workspace-" }))
})

/** A script in a fresh isolation of a folder. */
export const script = (folder: string, text: string, options: Partial<Command> = {}): Command => ({
  mounts: [{ path: folder, access: "write" }],
  cwd: folder,
  argv: ["bash", "-c", text],
  limit: Duration.seconds(10),
  output: { bytes: 1_000_000, over: "end" },
  ...options
})

/** Processes of this machine with a text in their command line. */
const processes = (text: string): number =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").includes(text)
      } catch {
        return false
      }
    }).length

/** They were killed: the kernel takes a moment for it. */
export const gone = (text: string) =>
  eventually(
    `no process with ${text}`,
    Effect.sync(() => processes(text)),
    (count) => count === 0
  )
