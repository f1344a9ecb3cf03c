// @effect-diagnostics *:off
import { createInterface } from "node:readline"
import { makeFileTools } from "./FileTools.ts"
import { requestOf } from "./Request.ts"
import type { Answer, Request } from "./Request.ts"
import { makeShell } from "./Shell.ts"

/** The longest delay that a timer of Node knows. */
const LONGEST = 2 ** 31 - 1

/**
 * The tool host: one process for a session, with no secret in it. It says that it is ready, then answers each line of its input with
 * one line, until its input ends. It works in the folder that it was started in.
 */
const workspace = process.cwd()
const env = Object.fromEntries(Object.entries(process.env).flatMap(([key, value]) => (value ? [[key, value]] : [])))
const shell = makeShell(workspace, env)
const files = makeFileTools(workspace)

/** What the model asks for, where that is less than the limit. */
const millisOf = (asked: unknown, limit: number): number =>
  Math.min(typeof asked === "number" && asked >= 1 ? asked : limit, limit, LONGEST)

const bash = async ({ input, limits }: Request): Promise<Answer> => {
  const { command, restart, timeout_ms } = input
  if (restart === true) shell.end()
  if (typeof command !== "string" || command === "") {
    return restart === true ? { ok: true, text: "a new shell" } : { ok: false, text: "bash: command is required" }
  }
  return shell.run(command, millisOf(timeout_ms, limits.millis), limits.bytes)
}

const answer = (request: Request): Promise<Answer> =>
  request.tool === "bash"
    ? bash(request)
    : files.run(request.tool, request.input, Math.min(request.limits.millis, LONGEST), request.limits.bytes)

const say = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

say({ ready: true, node: process.version, tools: ["bash", ...files.names] })
// Whoever started it is gone, perhaps in the middle of a call: nothing may go on.
process.stdin.once("end", () => {
  shell.end()
  process.exit()
})
for await (const line of createInterface({ input: process.stdin })) {
  const request = requestOf(line)
  if (request === null) break
  const { ok, text } = await answer(request).catch((error: unknown) => ({ ok: false, text: String(error) }))
  say({ id: request.id, ok, text })
}
shell.end()
process.exit()
