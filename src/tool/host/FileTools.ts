// @effect-diagnostics *:off
import { betaAgentToolset20260401, resolvePath } from "@anthropic-ai/sdk/tools/agent-toolset/node"
import { isUtf8 } from "node:buffer"
import { chmod, open, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { clip, plain } from "./Clip.ts"
import type { Answer } from "./Request.ts"

/** Larger files are read by ranges and edited with bash. */
const MAX_FILE = 1024 * 1024
const FILE_MODE = 0o644
const SCRIPT_MODE = 0o755
const FOLDER_MODE = 0o755

type Input = Readonly<Record<string, unknown>>

/** read, write, edit, glob and grep of the toolset in one workspace, with its faults put right. */
export interface FileTools {
  readonly names: ReadonlyArray<string>
  run(tool: string, input: Input, millis: number, bytes: number): Promise<Answer>
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false
  )

/** The folders above a file that are not there yet, from the top down. */
const missingFolders = async (file: string): Promise<ReadonlyArray<string>> => {
  const missing: Array<string> = []
  for (let folder = dirname(file); !(await exists(folder)); folder = dirname(folder)) missing.unshift(folder)
  return missing
}

/** Whether all of a regular file is UTF-8; one that is not there, or no file, or too large is the tool's own matter. */
const isText = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined || !found.isFile() || found.size > MAX_FILE) return true
  const handle = await open(path)
  try {
    return isUtf8(await handle.readFile())
  } finally {
    await handle.close()
  }
}

const textOf = (result: unknown): string => (typeof result === "string" ? result : JSON.stringify(result))

export const makeFileTools = (workspace: string): FileTools => {
  const context = { workdir: workspace, env: {}, maxFileBytes: MAX_FILE }
  const tools = new Map(
    betaAgentToolset20260401(context).flatMap((tool) =>
      "name" in tool && tool.name !== "bash" ? [[tool.name, tool]] : []
    )
  )

  /** New files and folders are the toolset's owner's alone, and no script can be run: they get the modes of any checkout. */
  const write = async (input: Input, use: () => Promise<string>): Promise<string> => {
    const file = await resolvePath(context, String(input["file_path"]))
    if (await exists(file)) return use()
    const folders = await missingFolders(file)
    const result = await use()
    for (const folder of folders) await chmod(folder, FOLDER_MODE)
    await chmod(file, String(input["content"]).startsWith("#!") ? SCRIPT_MODE : FILE_MODE)
    return result
  }

  /** The toolset would replace each byte that is not UTF-8. */
  const edit = async (input: Input, use: () => Promise<string>): Promise<string> => {
    const file = await resolvePath(context, String(input["file_path"]))
    if (await isText(file)) return use()
    throw new Error(`edit: ${String(input["file_path"])} is not UTF-8, and would be spoilt: change it with bash`)
  }

  const read = async (input: Input, use: () => Promise<string>): Promise<string> => {
    const text = await use()
    const file = await resolvePath(context, String(input["file_path"]))
    return (await isText(file)) ? text : `${text}\n[not UTF-8: some bytes are shown as \uFFFD]`
  }

  const around: Readonly<Record<string, typeof write>> = { write, edit, read }

  const run = async (name: string, input: Input, millis: number, bytes: number): Promise<Answer> => {
    const tool = tools.get(name)
    if (tool === undefined) return { ok: false, text: `There is no tool ${name}.` }
    const limit = AbortSignal.timeout(millis)
    const late = new Promise<never>((_, reject) => {
      limit.addEventListener("abort", () => reject(new Error(`${name}: stopped after ${Math.round(millis / 1000)} s`)))
    })
    const use = async () => textOf(await tool.run(input as never, { signal: limit } as never))
    try {
      const text = await Promise.race([(around[name] ?? ((_, plainly) => plainly()))(input, use), late])
      return { ok: true, text: clip(name === "grep" ? plain(text) : text, bytes) }
    } catch (error) {
      return { ok: false, text: clip(error instanceof Error ? error.message : String(error), bytes) }
    }
  }

  return { names: [...tools.keys()], run }
}
