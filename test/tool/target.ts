import { NodeRuntime } from "@effect/platform-node"
import { Console, Duration, Effect, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { createSocket } from "node:dgram"
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { attacks } from "../../src/sandbox/claude/Attacks.ts"
import { ToolHost } from "../../src/tool/ToolHost.ts"
import { tools } from "./Isolated.ts"

/**
 * A coordinator to be attacked: `target.ts <folder> <workspace> <way> [socket]`. It has secrets in its environment, its memory, a store
 * and on its loopback, lets an agent try every attack through the real port, and prints which of them succeeded, as JSON.
 */
const [folder = "", workspace = "", way = "", toolsSocket] = process.argv.slice(2)
const secret = (name: string) => `MARKED_${name}_${randomUUID().replaceAll("-", "")}`
const heap = Buffer.from(secret("HEAP"))
const store = `${folder}/store.db`
const stored = secret("STORE")
const served = secret("SERVED")
const environ = readFileSync("/proc/self/environ", "latin1").match(/MARKED_ENV_\w+/)?.[0] ?? "no secret"
const abstract = `mosaic-${process.pid}`
mkdirSync(folder, { recursive: true })
writeFileSync(store, stored, { mode: 0o600 })

let signals = 0
let datagrams = 0
process.on("SIGUSR2", () => void signals++)
const listen = (where: object) =>
  Effect.callback<number>((resume) => {
    const server = createServer((client) => void client.on("error", () => {}).end(served))
    server.listen(where, () => resume(Effect.succeed((server.address() as AddressInfo | null)?.port ?? 0)))
  })
const udp = createSocket("udp4").on("message", () => void datagrams++)

const noticed = () => signals + datagrams + (existsSync(`${folder}/planted`) ? 1 : 0)

const daemons = () =>
  readdirSync("/proc").flatMap((pid) => {
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ")]
    } catch {
      return []
    }
  })

const program = Effect.gen(function* () {
  const tcp = yield* listen({ port: 0, host: "::", ipv6Only: false })
  yield* listen({ path: `${folder}/served.sock` })
  yield* listen({ path: `\0${abstract}` })
  yield* Effect.callback<void>((resume) => void udp.bind(0, "127.0.0.1", () => resume(Effect.void)))
  const list = attacks({
    pid: process.pid,
    node: process.execPath,
    store,
    folder,
    tcp,
    udp: udp.address().port,
    socket: `${folder}/served.sock`,
    abstract
  })
  const host = yield* ToolHost
  const mounts = [{ path: workspace, access: "write" as const }]
  const succeeded: Array<string> = []
  yield* Effect.gen(function* () {
    const session = yield* host.open({ mounts, cwd: workspace })
    for (const [name, command] of Object.entries(list)) {
      const before = noticed()
      const { text } = yield* session.call("bash", { command }, { time: Duration.seconds(15), bytes: 100_000 })
      yield* Effect.sleep("100 millis")
      const taken = [`${heap}`, stored, served, environ].some((value) => text.includes(value))
      if (taken || noticed() > before) succeeded.push(name)
    }
    yield* session.call("bash", { command: `ln -s ${store} out` }, { time: Duration.seconds(15), bytes: 1_000 })
    const { text } = yield* session.call("read", { file_path: "out" }, { time: Duration.seconds(15), bytes: 1_000 })
    if (text.includes(stored)) succeeded.push("the store through a link in the workspace")
  }).pipe(Effect.scoped)
  yield* Effect.sleep("1 second")
  for (const [name, command] of Object.entries(list)) {
    const daemon = /sleep 60\.\d+/.exec(command)?.[0]
    if (daemon !== undefined && daemons().some((line) => line.startsWith(daemon))) succeeded.push(name)
  }
  const encode = Schema.encodeEffect(Schema.fromJsonString(Schema.Unknown))
  yield* Console.log(yield* encode({ attacks: Object.keys(list).length + 1, succeeded }))
  process.exit()
})

const sandbox = way as "bwrap" | "socket" | "none"
NodeRuntime.runMain(program.pipe(Effect.provide(tools({ sandbox, toolsSocket: toolsSocket ?? null }))))
