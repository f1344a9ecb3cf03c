import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Fiber } from "effect"
import type { FileSystem, PlatformError, Scope } from "effect"
import type { ChildProcessSpawner } from "effect/process"
import { chownSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs"
import type { SettingsValues } from "../../src/Settings.ts"
import { Isolation } from "../../src/tool/Isolation.ts"
import type { Way } from "../../src/tool/Isolation.ts"
import { HOME_BYTES, PROCESSES, SHM_BYTES, TMP_BYTES } from "../../src/tool/Limits.ts"
import { ToolHost } from "../../src/tool/ToolHost.ts"
import { TreeBounds } from "../../src/tool/Watch.ts"
import { lacking } from "../harness/Lacking.ts"
import { gone, LIMITS, script, tools, workspace } from "./Isolated.ts"
import { STRANGER, toolsContainer } from "./ToolsContainer.ts"

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8").trim()

/** The same claims for every way to start things. */
const WAYS: ReadonlyArray<{
  readonly way: Way
  readonly left: boolean
  readonly settings: Effect.Effect<
    Partial<SettingsValues>,
    PlatformError.PlatformError,
    ChildProcessSpawner.ChildProcessSpawner | FileSystem.FileSystem | Scope.Scope
  >
}> = [
  { way: "bwrap", left: lacking("bwrap"), settings: Effect.succeed({ sandbox: "bwrap" }) },
  {
    way: "socket",
    left: process.getuid?.() !== 0,
    settings: Effect.map(toolsContainer, (toolsSocket) => ({ sandbox: "socket" as const, toolsSocket }))
  },
  { way: "none", left: false, settings: Effect.succeed({ sandbox: "none" }) }
]

describe.each(WAYS)("ToolHost by $way", ({ way, left, settings }) => {
  const inside = <A, E>(use: (host: ToolHost["Service"], folder: string) => Effect.Effect<A, E>) =>
    Effect.gen(function* () {
      const folder = yield* workspace
      if (way === "socket") chownSync(folder, STRANGER, STRANGER)
      const host = yield* Effect.provide(ToolHost, tools(yield* settings))
      return yield* use(host, folder)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

  it.live.skipIf(left)("works, and names its limits", () =>
    Effect.gen(function* () {
      const { verdict } = yield* Effect.provide(Isolation, tools(yield* settings))
      assert.deepInclude(verdict, { kind: "on", way })
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.live.skipIf(left)("runs the tools of a session in its workspace", () =>
    inside((host, folder) =>
      Effect.gen(function* () {
        const session = yield* host.open({ mounts: [{ path: folder, access: "write" }], cwd: folder })
        yield* session.call("write", { file_path: "in/text", content: "needle\n" }, LIMITS)
        const found = yield* session.call("bash", { command: "pwd; cat in/text; echo $HOME" }, LIMITS)
        assert.match(found.text, new RegExp(`^${folder}\nneedle\n/`))
        assert.strictEqual(readFileSync(`${folder}/in/text`, "utf8"), "needle\n")
        assert.match((yield* session.call("grep", { pattern: "needle" }, LIMITS)).text, /in\/text:1:needle/)
      }).pipe(Effect.scoped)
    )
  )

  it.live.skipIf(left)("runs one command: input, output as bytes, exit code, environment", () =>
    inside((host, folder) =>
      Effect.gen(function* () {
        const stdin = Uint8Array.from({ length: 256 }, (_, at) => at)
        const ran = yield* host.run(script(folder, "cat; echo $A >&2; exit 3", { stdin, env: { A: "given" } }))
        assert.deepStrictEqual(Uint8Array.from(ran.stdout), stdin)
        assert.deepInclude(ran, { end: "exit", exitCode: 3, stderr: "given\n" })
      })
    )
  )

  it.live.skipIf(left)("bounds what one command writes, and how long it takes, and leaves nothing of it", () =>
    inside((host, folder) =>
      Effect.gen(function* () {
        const over = yield* host.run(script(folder, "yes", { output: { bytes: 1_000, over: "end" } }))
        assert.strictEqual(over.end, "overflow")
        const last = yield* host.run(script(folder, "seq 1 100000", { output: { bytes: 13, over: "keep last" } }))
        assert.strictEqual(text(last.stdout), "99999\n100000")
        const daemons = "setsid sleep 313.1 & (setsid sleep 313.2 &)"
        const late = yield* host.run(script(folder, `${daemons}; sleep 313.3`, { limit: Duration.millis(500) }))
        assert.deepInclude(late, { end: "time limit", exitCode: null })
        yield* host.run(script(folder, `${daemons}; true`))
        yield* gone("sleep 313.")
      })
    )
  )

  it.live.skipIf(left)("ends one command with all of it when it is interrupted", () =>
    inside((host, folder) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(host.run(script(folder, "setsid sleep 314.1 & sleep 314.2")))
        yield* Effect.sleep("500 millis")
        yield* Fiber.interrupt(fiber)
        yield* gone("sleep 314.")
      })
    )
  )

  it.live.skipIf(left)("survives an agent that kills everything it can", () =>
    inside((host, folder) =>
      Effect.gen(function* () {
        const session = yield* host.open({ mounts: [{ path: folder, access: "write" }], cwd: folder })
        // Of everything only where that is not this machine.
        const command = `[ "$(readlink /proc/self/ns/pid)" = "${readlinkSync("/proc/self/ns/pid")}" ] || kill -9 -1; kill -9 $PPID; sleep 9`
        const killed = yield* session.call("bash", { command }, LIMITS)
        assert.match(killed.text, /^The tool host .*The next call starts a new one/)
        assert.strictEqual((yield* session.call("bash", { command: "echo back" }, LIMITS)).text, "back")
      }).pipe(Effect.scoped)
    )
  )

  it.live.skipIf(left)("sees nothing of a workspace that is read-only but what is there", () =>
    inside((host, folder) =>
      Effect.gen(function* () {
        mkdirSync(`${folder}/in`)
        writeFileSync(`${folder}/in/file`, "here")
        const command = script(folder, "cat in/file; touch in/other && echo made", {
          mounts: [{ path: folder, access: "read" }]
        })
        const ran = yield* host.run(command)
        assert.strictEqual(text(ran.stdout), way === "none" ? "heremade" : "here")
      })
    )
  )
})

describe.each(["bwrap", "none"] as const)("The tree of processes by %s", (sandbox) => {
  const left = sandbox === "bwrap" && lacking("bwrap")
  const bounds = { memory: 300 * 1024 ** 2, processes: 40, disk: 50 * 1024 ** 2 }
  const HOG = `${process.execPath} -e 'const all = []; setInterval(() => all.push(Buffer.alloc(20e6, 1)), 20)'`
  const bounded = <A, E>(use: (host: ToolHost["Service"], folder: string) => Effect.Effect<A, E, Scope.Scope>) =>
    Effect.gen(function* () {
      return yield* use(yield* ToolHost, yield* workspace)
    }).pipe(Effect.scoped, Effect.provideService(TreeBounds, bounds), Effect.provide(tools({ sandbox })))
  const around = { mounts: [{ path: process.execPath, access: "read" as const }] }

  const USES = [
    ["memory", `(setsid ${HOG} &); sleep 20`, "It used more than 300 MiB of memory."],
    ["processes", "for i in $(seq 60); do sleep 319.1 & done; wait", "It had more than 40 processes."],
    ["disk", "head -c 80M /dev/zero > big; sleep 20", "It filled its folders with more than 50 MiB."]
  ] as const
  USES.forEach(([what, text, why]) =>
    it.live.skipIf(left)(`is ended once it uses more ${what} than it may, with all of it`, () =>
      bounded((host, folder) =>
        Effect.gen(function* () {
          const command = script(folder, text, { limit: Duration.seconds(25) })
          const ran = yield* host.run({ ...command, mounts: [...command.mounts, ...around.mounts] })
          assert.deepInclude(ran, { end: "overuse", exitCode: null })
          assert.strictEqual(ran.stderr.split("\n").at(-1), why)
          yield* gone("sleep 319.")
        })
      )
    )
  )

  it.live.skipIf(left)("of a session is ended, which the session is told, and the next call has a new one", () =>
    bounded((host, folder) =>
      Effect.gen(function* () {
        const session = yield* host.open({ mounts: [{ path: folder, access: "write" }], cwd: folder })
        const told = yield* session.call("bash", { command: HOG }, { time: Duration.seconds(25), bytes: 1_000 })
        assert.match(told.text, /^The tool host used more than 300 MiB of memory and was ended\. Its shell/)
        assert.strictEqual((yield* session.call("bash", { command: "echo back" }, LIMITS)).text, "back")
      })
    )
  )
})

describe("bubblewrap", () => {
  it.live.skipIf(lacking("bwrap"))("leaves no way to rights, and bounds what lies in memory", () =>
    Effect.gen(function* () {
      const folder = yield* workspace
      const commands = [
        "unshare --user --map-root-user true",
        "touch /planted",
        "touch /dev/planted",
        "touch /usr/planted"
      ]
      const tries = commands.map((command) => `${command} 2>/dev/null && echo "${command}"`)
      const ran = yield* (yield* ToolHost).run(
        script(folder, `${tries.join("\n")}\ndf --output=size -B1 /tmp /dev/shm $HOME | tail -3; ulimit -u`)
      )
      assert.strictEqual(
        text(ran.stdout).replaceAll(/ +/g, ""),
        [TMP_BYTES, SHM_BYTES, HOME_BYTES, PROCESSES].join("\n")
      )
    }).pipe(Effect.scoped, Effect.provide(tools({ sandbox: "bwrap" })))
  )
})

describe("Isolation", () => {
  const verdictOf = (overrides: Parameters<typeof tools>[0]) =>
    Effect.map(Isolation, ({ verdict }) => verdict).pipe(Effect.provide(tools(overrides)))

  it.live("is off where the socket does not answer, whatever else would work, and says what was tried", () =>
    Effect.gen(function* () {
      const verdict = yield* verdictOf({ sandbox: "auto", toolsSocket: "/nowhere/tools.sock" })
      assert.deepStrictEqual(verdict, {
        kind: "off",
        why: "socket: nothing answers at /nowhere/tools.sock: start the tools container, or set AGENT_TOOLS_SOCKET"
      })
    })
  )

  it.live("refuses calls with the reason where it is off", () =>
    Effect.gen(function* () {
      const host = yield* ToolHost
      const exit = yield* Effect.exit(host.run(script("/", "true")))
      assert.match(
        Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "",
        /cannot be started: AGENT_TOOLS_SOCKET is not set/
      )
    }).pipe(Effect.provide(tools({ sandbox: "socket" })))
  )
})
