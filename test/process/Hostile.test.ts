import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Ref, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs"
import { JournalEntry } from "../../src/domain/JournalEntry.ts"
import { attacks } from "../../src/sandbox/claude/Attacks.ts"
import { hostileAgent } from "../../src/sandbox/claude/HostileAgent.ts"
import { plants } from "../../src/sandbox/claude/Plants.ts"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"
import type { Environment } from "../harness/CoordinatorProcess.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"
import { shell } from "../harness/Shell.ts"
import { lacking } from "../harness/Lacking.ts"
import { NOT_STOPPED, STOPPED } from "../tool/Unstopped.ts"
import { listeners } from "./listeners.ts"
import { sharedVolume } from "./sharedVolume.ts"
import { taskOver } from "./taskOver.ts"

const MOST_TIME = 180_000
const NAME = "acme/shop"
const isRoot = process.getuid?.() === 0
const secret = (name: string) => `MARKED_${name}_${randomUUID().replaceAll("-", "")}`
const decodeEntry = Schema.decodeUnknownSync(Schema.fromJsonString(JournalEntry))

const linesOf = () =>
  readdirSync("/proc").flatMap((pid) => {
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ")]
    } catch {
      return []
    }
  })

/** A whole run of an agent that tries every attack, then plants for whoever runs git, and hands in. Gives what it got. */
const attacked = Effect.fnUntraced(function* (heap: string, marked: string) {
  const gitea = yield* SandboxGitea
  const claude = yield* SandboxClaude
  const { start, store, workDir } = yield* CoordinatorProcess
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "mosaic-outside-" })
  chmodSync(folder, 0o755)
  const served = secret("SERVED")
  const stored = secret("STORE")
  const doors = yield* listeners(folder, served)
  const lives = yield* Ref.make(1)
  const life = yield* start
  const secrets = [heap, marked, served, stored, gitea.bot.token, claude.apiKey]

  yield* gitea.createRepository("acme/other")
  yield* gitea.openIssue({ repository: "acme/other", title: "Other people's", body: "No business of the agent's." })
  const settled = store.count("deliveries", { status: ["done", "ignored"] })
  yield* eventuallyInProcess("it is stored", settled, (count) => count > 0)
  yield* store.alter("deliveries", { reason: stored })
  assert.isTrue(
    [store.path, `${store.path}-wal`].some((file) => existsSync(file) && readFileSync(file).includes(stored))
  )

  yield* gitea.createRepository(NAME)
  yield* gitea.commit(NAME, { "README.md": "# Shop\n" })
  const at = { ...doors, pid: life.pid, node: process.execPath, store: store.path, folder }
  const list = attacks(at)
  const names = Object.keys(list)
  yield* claude.respond(hostileAgent([...Object.values(list), ...plants(folder)]))
  // A signal ends it: then it starts again and goes on.
  yield* Effect.forkScoped(Effect.andThen(life.ended, Effect.andThen(Ref.set(lives, 2), start)))
  const issue = yield* gitea.openIssue({
    repository: NAME,
    title: "Help",
    body: "Please.",
    assignees: [gitea.bot.login]
  })
  const task = yield* taskOver(issue)
  const entries = (yield* store.column("journal", "entry")).map((entry) => decodeEntry(entry))
  const last = entries.findLast((entry) => entry._tag === "ToolEnded")?.result
  assert.deepStrictEqual([task?.state, task?.cause], ["completed", "the answer was given"], last)
  const results = entries.flatMap((entry) => (entry._tag === "ToolEnded" ? [entry.result] : []))
  assert.isAtLeast(results.length, names.length + plants("").length)
  const read = names.filter((_, index) => secrets.some((value) => results[index]?.includes(value) === true))
  const lines = linesOf()
  const alive = names.filter((name) => {
    const daemon = /sleep 60\.\d+/.exec(list[name] ?? "")?.[0]
    return daemon !== undefined && lines.some((line) => line.startsWith(daemon))
  })
  const noticed = [
    ...(existsSync(`${folder}/planted`) ? ["a write beside the store"] : []),
    ...((yield* doors.datagrams) > 0 ? ["a server on host loopback, UDP"] : []),
    ...((yield* Ref.get(lives)) > 1 ? ["a signal to the coordinator"] : [])
  ]
  const ran = readdirSync(folder).filter((name) => name.startsWith("ran-"))

  // What it left in its tree is carried as it is, and does nothing.
  const clone = `${workDir}/clones/${issue.repository.id}.git`
  const tree = yield* shell(
    clone,
    `git ls-tree -r "$(git for-each-ref --format='%(refname)' refs/mosaic | grep /checked)"`
  )
  assert.match(tree, /^120000 blob \w+\tout$/m)
  assert.match(tree, /^100644 blob \w+\tnested\/text$/m)
  assert.notMatch(tree, /\t(.*\/)?\.git(\/|$)/m)
  const [pull, ...others] = yield* gitea.pulls(NAME)
  assert.lengthOf(others, 0)
  assert.strictEqual(pull?.state, "open")
  const made = yield* shell(clone, "cat config; ls -A hooks info 2>/dev/null || true")
  assert.notMatch(made, /evil/)
  return { succeeded: [...new Set([...read, ...noticed, ...alive])], ran, leaks: leaksIn(results, secrets) }
})
/** Results of tools in which a secret stands, whatever the attack was. */
const leaksIn = (results: ReadonlyArray<string>, secrets: ReadonlyArray<string>) =>
  results.filter((result) => secrets.some((value) => result.includes(value)))

const attackUnder = (environment: Environment) => {
  const heap = secret("HEAP")
  const marked = secret("ENV")
  return attacked(heap, marked).pipe(
    Effect.scoped,
    Effect.provide(
      CoordinatorProcess.layerWith({
        AGENT_TOOLS_SOCKET: undefined,
        OPERATOR_TOKEN: heap,
        MARKED_ENV: marked,
        ...environment
      })
    )
  )
}

describe("A hostile session", () => {
  it.live.skipIf(lacking("bwrap"))(
    "takes nothing under bubblewrap, and what it plants does nothing",
    () =>
      Effect.gen(function* () {
        const { leaks, ran, succeeded } = yield* attackUnder({ AGENT_SANDBOX: "bwrap" })
        assert.deepStrictEqual({ leaks, ran, succeeded }, { leaks: [], ran: [], succeeded: [] })
      }),
    MOST_TIME
  )

  it.live.skipIf(!isRoot)(
    "takes nothing in a tools container of another user, and what it plants does nothing",
    () =>
      Effect.gen(function* () {
        const { socket, workDir } = yield* sharedVolume
        const { leaks, ran, succeeded } = yield* attackUnder({ AGENT_TOOLS_SOCKET: socket, AGENT_WORK_DIR: workDir })
        assert.deepStrictEqual({ leaks, ran, succeeded }, { leaks: [], ran: [], succeeded: [] })
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    MOST_TIME
  )

  it.live(
    "takes all this where AGENT_SANDBOX is none, and what it plants does nothing even then",
    () =>
      Effect.gen(function* () {
        const { ran, succeeded } = yield* attackUnder({ AGENT_SANDBOX: "none" })
        assert.deepStrictEqual(ran, [])
        assert.includeMembers(succeeded, NOT_STOPPED)
        assert.notIncludeMembers(succeeded, STOPPED)
      }),
    MOST_TIME
  )
})
