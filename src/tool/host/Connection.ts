// @effect-diagnostics *:off
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import type { Socket } from "node:net"
import { openingOf } from "./Opening.ts"
import type { Run, Start } from "./Opening.ts"
import { makeHome, removeHome } from "./Home.ts"
import { killBoth, killGroup, MARK, strays, sweep } from "./Sweep.ts"

/** How the container makes what it is asked for. */
export interface Means {
  /** Program and arguments of the tool host. */
  readonly host: readonly [string, ...ReadonlyArray<string>]
  /** A command that has the proxy behind a unix socket. */
  forwarded(socket: string, argv: ReadonlyArray<string>): ReadonlyArray<string>
  /** A command under the limits that a process can set on itself. */
  limited(argv: ReadonlyArray<string>): ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  /** Whether no process but this one's may be there, as in a container of its own. */
  readonly isAlone: boolean
}

/** The longest first line: input of 8 MiB in base64, and the rest. */
const LONGEST = 12 * 1024 * 1024
/** Bytes of standard error that are handed back. */
const STDERR_KEPT = 8 * 1024
const REST_MILLIS = 200
const NEWLINE = 0x0a

/** Milliseconds between the two looks for strays. */
const BETWEEN = 300

/** Marks of what is running now. */
const live = new Set<string>()

/** What a session has left behind after it had shed its mark ends with it, where every process is ours. */
const tidy = (means: Means): void => {
  if (!means.isAlone) return
  const first = strays([...live])
  setTimeout(() => killBoth(first, strays([...live])), BETWEEN)
}

const child = (means: Means, argv: ReadonlyArray<string>, { cwd, env }: Start) => {
  const mark = `${MARK}=${randomUUID()}`
  const home = makeHome()
  live.add(mark)
  const [program = "bash", ...args] = means.limited(argv)
  const started = spawn(program, args, {
    cwd,
    env: { ...means.env, HOME: home, ...env, [MARK]: mark.slice(MARK.length + 1) },
    detached: true
  })
  started.stdin.on("error", () => {})
  const end = () => {
    killGroup(started.pid)
    sweep(mark)
    live.delete(mark)
    removeHome(home)
    tidy(means)
  }
  return { started, end }
}

/** A host whose lines are those of the connection, and which lasts as long. */
const startHost = (means: Means, socket: Socket, first: Buffer, start: Start): void => {
  const { started, end } = child(means, means.host, start)
  started.stderr.resume()
  started.stdin.write(first)
  socket.pipe(started.stdin)
  started.stdout.pipe(socket)
  started.on("error", () => socket.destroy())
  started.on("exit", () => socket.end())
  socket.on("close", end)
}

/** One command: its output in lines as it comes, then how it ended. */
const runOnce = (means: Means, socket: Socket, { argv, proxy, stdin, millis, bytes, over, cwd, env }: Run): void => {
  const whole = proxy === null ? argv : means.forwarded(proxy, argv)
  const { started, end } = child(means, whole, { kind: "host", cwd, env })
  const say = (line: unknown) => socket.write(`${JSON.stringify(line)}\n`)
  let errors = Buffer.alloc(0)
  let written = 0
  let isOver = false
  const finish = (how: string, exitCode: number | null) => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    end()
    say({ end: how, exitCode, stderr: errors.toString("utf8") })
    socket.end()
  }
  const timer = setTimeout(() => finish("time limit", null), Math.min(millis, 2 ** 31 - 1))
  started.stdout.on("data", (chunk: Buffer) => {
    if (isOver) return
    written += chunk.length
    if (over === "end" && written > bytes) return finish("overflow", null)
    if (!say({ out: chunk.toString("base64") })) {
      started.stdout.pause()
      socket.once("drain", () => started.stdout.resume())
    }
  })
  started.stderr.on("data", (chunk: Buffer) => {
    errors = Buffer.from(Buffer.concat([errors, chunk]).subarray(-STDERR_KEPT))
  })
  started.on("error", (error) => {
    errors = Buffer.from(String(error))
    finish("exit", 127)
  })
  // Its output may still be on the way; a daemon may hold the pipes for ever.
  started.on("exit", (code) => setTimeout(() => finish("exit", code), REST_MILLIS))
  started.on("close", (code) => finish("exit", code))
  started.stdin.end(Buffer.from(stdin, "base64"))
  socket.on("close", () => finish("time limit", null))
}

/** Serves one connection: its first line says what is wanted. Who is not understood is hung up on. */
export const serve = (means: Means, socket: Socket): void => {
  let waiting = Buffer.alloc(0)
  socket.on("error", () => socket.destroy())
  const onData = (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk])
    const at = waiting.indexOf(NEWLINE)
    if (at === -1) return void (waiting.length > LONGEST && socket.destroy())
    socket.off("data", onData)
    const opening = openingOf(waiting.subarray(0, at).toString("utf8"))
    if (opening === null) return void socket.destroy()
    if (opening.kind === "run") return runOnce(means, socket, opening)
    startHost(means, socket, waiting.subarray(at + 1), opening)
  }
  socket.on("data", onData)
}
