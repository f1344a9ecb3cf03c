// @effect-diagnostics *:off
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { randomUUID } from "node:crypto"
import { existsSync } from "node:fs"
import type { Readable } from "node:stream"
import { makeClip, plain } from "./Clip.ts"
import type { Answer } from "./Request.ts"
import { killGroup, MARK, sweep } from "./Sweep.ts"

/** How long a shell that has ended may take to hand over the rest of its output: a daemon may hold the pipe for ever. */
const REST_MILLIS = 50

/** How one command ended. */
type End =
  | { readonly kind: "done"; readonly code: number; readonly cwd: string }
  | { readonly kind: "ended"; readonly code: number | null; readonly signal: string | null }
  | { readonly kind: "late" }

/** A shell that lives from call to call. */
export interface Shell {
  /** One command. What `exit`, an unclosed quote, a closed output or a daemon do to other shells, they do not do to this one. */
  run(command: string, millis: number, bytes: number): Promise<Answer>
  /** Ends it with everything that it started. The next command has a new one. */
  end(): void
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/**
 * `eval` of one word: a quote or a here-document that is not closed ends with the word and not with the session. Output goes to
 * descriptor 4, which the command has as 1 and 2 for its own length, so that `exec >&-` is undone after it.
 */
const scriptOf = (command: string, nonce: string): string =>
  `{ eval -- ${quoted(command)}; } </dev/null >&4 2>&4 4>&-\nbuiltin printf '\\n%s %d %s\\0' ${nonce} "$?" "$PWD" >&4\n`

interface Running {
  readonly child: ChildProcess
  readonly output: Readable
  readonly mark: string
}

const start = (cwd: string, env: Readonly<Record<string, string>>): Running => {
  // What the session's mark finds, and what this shell's alone finds.
  const mark = `${env[MARK] ?? ""}/${randomUUID()}`
  const child = spawn("bash", ["--noprofile", "--norc"], {
    cwd,
    env: { ...env, [MARK]: mark },
    stdio: ["pipe", "ignore", "ignore", "ignore", "pipe"],
    detached: true
  })
  const output = child.stdio[4] as Readable
  // What comes between two commands is from the background, and belongs to neither.
  output.on("data", () => {})
  output.on("error", () => {})
  child.stdin?.on("error", () => {})
  return { child, output, mark }
}

const stop = ({ child, output, mark }: Running): void => {
  killGroup(child.pid)
  sweep(`${MARK}=${mark}`)
  output.destroy()
  child.stdin?.destroy()
}

/** Runs a command in a shell that is at rest, and tells how it ended. What it wrote goes to `write`. */
const execute = ({ child, output }: Running, command: string, millis: number, write: (chunk: Buffer) => void) =>
  new Promise<End>((resolve) => {
    const nonce = randomUUID()
    const sign = Buffer.from(`\n${nonce} `)
    let carry = Buffer.alloc(0)
    let rest: NodeJS.Timeout | undefined
    let ended: End = { kind: "late" }

    const finish = (end: End) => {
      clearTimeout(timer)
      clearTimeout(rest)
      output.off("data", onData)
      child.off("exit", onExit)
      child.off("error", onError)
      if (end.kind !== "done") write(carry)
      resolve(end)
    }
    const onData = (chunk: Buffer) => {
      rest?.refresh()
      const all = Buffer.concat([carry, chunk])
      const at = all.indexOf(sign)
      const kept = at === -1 ? Math.max(0, all.length - sign.length) : at
      write(all.subarray(0, kept))
      carry = all.subarray(kept)
      const [, code, cwd] = /^ (\d+) ([^\0]*)\0/.exec(carry.subarray(sign.length - 1).toString("utf8")) ?? []
      if (at !== -1 && cwd !== undefined) finish({ kind: "done", code: Number(code), cwd })
    }
    const onExit = (code: number | null, signal: string | null) => {
      ended = { kind: "ended", code, signal }
      rest = setTimeout(() => finish(ended), REST_MILLIS)
    }
    const onError = () => finish({ kind: "ended", code: null, signal: null })
    const timer = setTimeout(() => finish(ended), millis)

    output.on("data", onData)
    child.on("exit", onExit)
    child.on("error", onError)
    child.stdin?.write(scriptOf(command, nonce))
  })

const because = (end: End): string => {
  if (end.kind !== "ended") return ""
  if (end.signal !== null) return `The shell was ended by ${end.signal}.`
  return end.code === null ? "The shell could not be started." : `The command ended the shell (exit ${end.code}).`
}

export const makeShell = (workspace: string, env: Readonly<Record<string, string>>): Shell => {
  let running: Running | undefined
  let cwd = workspace

  const end = () => {
    if (running !== undefined) stop(running)
    running = undefined
  }

  const run = async (command: string, millis: number, bytes: number): Promise<Answer> => {
    if (command.includes("\0")) return { ok: false, text: "A command cannot have a NUL character." }
    if (!existsSync(cwd)) cwd = workspace
    running ??= start(cwd, env)
    const output = makeClip(bytes)
    const how = await execute(running, command, millis, output.add)
    const text = plain(output.text()).replace(/\n+$/, "")
    const with_ = (note: string) => (text === "" ? note : `${text}\n${note}`)
    if (how.kind === "done") {
      cwd = how.cwd
      if (how.code === 0) return { ok: true, text: text === "" ? "(no output)" : text }
      return { ok: false, text: with_(`exit ${how.code}`) }
    }
    end()
    const next = `The next command has a new shell in ${cwd}; variables, functions and background jobs are gone.`
    if (how.kind === "ended") return { ok: false, text: with_(`${because(how)} ${next}`) }
    const seconds = Math.round(millis / 1000)
    return { ok: false, text: with_(`Stopped after ${seconds} s, with everything that the shell had started. ${next}`) }
  }

  return { run, end }
}
