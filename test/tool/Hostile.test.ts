import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Schema } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { chmodSync, chownSync } from "node:fs"
import { lacking } from "../harness/Lacking.ts"
import { STRANGER, toolsContainer } from "./ToolsContainer.ts"
import { NOT_STOPPED, STOPPED } from "./Unstopped.ts"

const Outcome = Schema.fromJsonString(Schema.Struct({ attacks: Schema.Int, succeeded: Schema.Array(Schema.String) }))
const MOST_TIME = 120_000
const isRoot = process.getuid?.() === 0
const AS_STRANGER = ["--reuid", `${STRANGER}`, "--regid", `${STRANGER}`, "--clear-groups"]

/** A coordinator with secrets, as this user or as one without rights, and what an agent of its took from it. */
const attacked = Effect.fnUntraced(function* (way: string, { stranger = false, agent = stranger, socket = "" } = {}) {
  const fs = yield* FileSystem.FileSystem
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const folder = yield* fs.realPath(yield* fs.makeTempDirectoryScoped({ prefix: "mosaic-target-" }))
  const workspace = yield* fs.realPath(yield* fs.makeTempDirectoryScoped({ prefix: "mosaic-workspace-" }))
  chmodSync(folder, 0o755)
  if (stranger) chownSync(folder, STRANGER, STRANGER)
  if (agent) chownSync(workspace, STRANGER, STRANGER)
  const node = [process.execPath, "test/tool/target.ts", folder, workspace, way, ...(socket === "" ? [] : [socket])]
  const [program = "", ...args] = stranger ? ["setpriv", ...AS_STRANGER, ...node] : node
  const env = { PATH: "/usr/bin:/bin", MARKED_ENV: `MARKED_ENV_${process.pid}` }
  const said = yield* spawner.string(ChildProcess.make(program, args, { env, extendEnv: false, stderr: "inherit" }))
  return yield* Schema.decodeEffect(Outcome)(said.trim().split("\n").at(-1) ?? "")
})

describe("A hostile agent", () => {
  it.live.skipIf(lacking("bwrap"))(
    "takes nothing under bubblewrap",
    () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* attacked("bwrap"), { attacks: 17, succeeded: [] })
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    MOST_TIME
  )

  it.live.skipIf(lacking("bwrap") || !isRoot)(
    "takes nothing under bubblewrap from a coordinator without rights",
    () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* attacked("bwrap", { stranger: true }), { attacks: 17, succeeded: [] })
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    MOST_TIME
  )

  it.live.skipIf(!isRoot)(
    "takes nothing in a tools container of another user",
    () =>
      Effect.gen(function* () {
        const socket = yield* toolsContainer
        assert.deepStrictEqual(yield* attacked("socket", { agent: true, socket }), { attacks: 17, succeeded: [] })
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    MOST_TIME
  )

  it.live(
    "takes all this where AGENT_SANDBOX is none",
    () =>
      Effect.gen(function* () {
        const { succeeded } = yield* attacked("none")
        assert.includeMembers([...succeeded], NOT_STOPPED)
        assert.notIncludeMembers([...succeeded], [...STOPPED, "the store through a link in the workspace"])
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    MOST_TIME
  )
})
