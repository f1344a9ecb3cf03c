import { Effect, Layer } from "effect"
import type { Schema } from "effect"
import { NodeServices } from "@effect/platform-node"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { MessagesRequest } from "../../src/sandbox/claude/MessagesRequest.ts"
import { toolResults } from "../../src/sandbox/claude/Conversation.ts"
import type { ToolResult } from "../../src/sandbox/claude/Conversation.ts"
import type { Reply } from "../../src/sandbox/claude/Reply.ts"
import { SHOP } from "../../src/sandbox/demo/Shop.ts"
import { GIT_ENVIRONMENT } from "../../src/sandbox/gitea/RepositoryGit.ts"
import { ToolHost } from "../../src/tool/ToolHost.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"

/** The whole server with real tools, between the stand-ins. `clear` removes what it left on the disk. */
export const serverWithTools = () => {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-flow-"))
  return {
    folder,
    layer: harness({ tools: ToolHost.layer, settings: { workDir: folder, sandbox: "auto" } }).pipe(
      Layer.provideMerge(NodeServices.layer)
    ),
    clear: () => rmSync(folder, { recursive: true, force: true })
  }
}

/** Commits files to a branch of a bare repository, at once, as somebody else does between two steps of a session. */
export const pushNow = (folder: string, branch: string, files: Readonly<Record<string, string>>): string => {
  const lines = Object.entries(files).map(
    ([name, text]) =>
      `blob=$(git hash-object -w --stdin <<'END'\n${text}\nEND\n)\ngit update-index --add --cacheinfo "100644,$blob,${name}"`
  )
  const script = [
    `export GIT_DIR="$PWD" GIT_INDEX_FILE="$PWD/people.index"; git read-tree ${branch}`,
    ...lines,
    `git update-ref refs/heads/${branch} "$(git commit-tree "$(git write-tree)" -p ${branch} -m 'By a person')"`,
    `git rev-parse ${branch}`
  ].join("\n")
  const { status, stderr, stdout } = spawnSync("bash", ["-euc", script], { cwd: folder, env: GIT_ENVIRONMENT })
  if (status !== 0) throw new Error(stderr.toString())
  return stdout.toString().trim()
}

const call = (name: string, input: Schema.JsonObject): Reply => ({ content: [{ type: "tool_use", name, input }] })

/** Begins what somebody does at Gitea, and does not wait for it. */
export const begin = (act: Effect.Effect<unknown>) => (): void => void Effect.runFork(act)

export const run = (command: string): Reply => call("bash", { command })
export const finish = (answer: string): Reply => call("finish", { answer, status: "done" })

/** An agent that goes by the results of its tools alone: the first answer, and what follows from all results so far. */
export const byResults =
  (next: (results: ReadonlyArray<ToolResult>) => Reply) =>
  (request: MessagesRequest): Reply =>
    next(toolResults(request))

/** A repository of its own with the shop in it. */
export const shop = Effect.fnUntraced(function* (name: string, more: Readonly<Record<string, string>> = {}) {
  const it = yield* flow
  const { gitea } = it
  const { id } = yield* gitea.createRepository(name)
  const first = yield* gitea.commit(name, { ...SHOP, ...more })
  const folder = yield* gitea.folder(name)
  const open = gitea.openIssue({
    repository: name,
    title: "Total is one cent off",
    body: "The cart and the invoice differ by one cent.",
    assignees: [gitea.bot.login]
  })
  return { ...it, id, name, first, folder, open, pulls: gitea.pulls(name) }
})
