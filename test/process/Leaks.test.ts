import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { inspect } from "node:util"
import { developerAgent } from "../../src/sandbox/claude/DeveloperAgent.ts"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import type { Policy } from "../../src/sandbox/claude/Script.ts"
import { SHOP } from "../../src/sandbox/demo/Shop.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"
import { taskIdOfIssue } from "../harness/Flow.ts"
import { shell } from "../harness/Shell.ts"
import { SECRET } from "../harness/TestSettings.ts"
import { lacking } from "../harness/Lacking.ts"
import { watchChildren } from "./ChildWatch.ts"

const MOST_TIME = 120_000
const EVERYTHING = { depth: null, maxStringLength: null, maxArrayLength: null, breakLength: Infinity }
const NAME = "acme/shop"
const OPERATOR = `operator-${randomUUID()}`

/** Prints whatever it can find before it works. */
const curious: Policy = (request) => {
  const reply = developerAgent(request)
  const look = "env; cat /proc/*/environ | tr '\\0' '\\n'; git config --list; cat .git/config"
  return {
    ...reply,
    content: reply.content.map((block) =>
      block.type === "tool_use" && block.name === "bash"
        ? { ...block, input: { command: `{ ${look}; } 2>&1\n${(block.input as { command: string }).command}` } }
        : block
    )
  }
}

const filesBelow = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : []
  })

describe("A whole run", () => {
  it.live.skipIf(lacking("bwrap"))(
    "writes no secret down, and shows none to a process that is not meant to have it",
    () =>
      Effect.gen(function* () {
        const gitea = yield* SandboxGitea
        const claude = yield* SandboxClaude
        const { start, store, workDir } = yield* CoordinatorProcess
        const secrets: Readonly<Record<string, string>> = {
          token: gitea.bot.token,
          key: claude.apiKey,
          hook: SECRET,
          operator: OPERATOR
        }
        const foundIn = (text: string) => Object.keys(secrets).filter((name) => text.includes(secrets[name] ?? "none"))
        const foundBelow = (folder: string) =>
          filesBelow(folder).flatMap((path) => foundIn(readFileSync(path, "latin1")).map((name) => [path, name]))

        yield* claude.respond(curious)
        yield* gitea.createRepository(NAME)
        yield* gitea.commit(NAME, SHOP)
        const life = yield* start
        assert.sameMembers(foundIn(readFileSync(`/proc/${life.pid}/environ`, "latin1")), Object.keys(secrets))
        const children = yield* watchChildren(life.pid, secrets)
        const issue = yield* gitea.openIssue({
          repository: NAME,
          title: "Total is one cent off",
          body: "The cart and the invoice differ.",
          assignees: [gitea.bot.login]
        })
        const passed = yield* claude.hold("messages")
        yield* passed.arrived
        const second = yield* claude.hold("messages")
        yield* passed.release
        yield* second.arrived
        // The session is at work now: its checkout is there.
        assert.isNotEmpty(filesBelow(`${workDir}/sessions`))
        assert.deepStrictEqual(foundBelow(`${workDir}/sessions`), [])
        yield* second.release

        const id = taskIdOfIssue(issue)
        yield* eventuallyInProcess(
          "it is done",
          store.column("tasks", "state", { id }),
          ([state]) => state === "completed"
        )
        const waiting = store.count("outbox", { state: "pending" })
        yield* eventuallyInProcess("all is said", waiting, (count) => count === 0)
        const sightings = yield* children.sightings
        const programs = yield* children.programs
        yield* life.signal("SIGTERM")
        assert.strictEqual(yield* life.ended, 0)

        assert.includeMembers([...programs], ["git", "bwrap", "node"])
        const meant = ({ isIsolated, program, secret, where }: (typeof sightings)[number]) =>
          secret === "token" && where === "environment" && program.startsWith("git") && !isIsolated
        assert.isNotEmpty(sightings.filter(meant))
        assert.deepStrictEqual(
          sightings.filter((it) => !meant(it)),
          []
        )

        assert.deepStrictEqual(foundBelow(dirname(store.path)), [])
        const folder = yield* gitea.folder(NAME)
        const clone = `${workDir}/clones/${issue.repository.id}.git`
        for (const repository of [folder, clone]) {
          assert.deepStrictEqual(foundBelow(repository), [])
          assert.deepStrictEqual(foundIn(yield* shell(repository, "git cat-file --batch-all-objects --batch")), [])
        }
        const told = {
          log: [...(yield* life.stdout), ...(yield* life.stderr)],
          comments: yield* gitea.comments(issue),
          pulls: yield* gitea.pulls(NAME),
          statuses: yield* gitea.statuses(NAME),
          requests: (yield* claude.requests).map(({ body }) => body)
        }
        assert.lengthOf(told.pulls, 1)
        assert.match(inspect(told.requests, EVERYTHING), /GIT_|TMPDIR/, "what was looked for came back")
        assert.deepStrictEqual(foundIn(inspect(told, EVERYTHING)), [])
      }).pipe(
        Effect.provide(
          CoordinatorProcess.layerWith({
            AGENT_TOOLS_SOCKET: undefined,
            AGENT_SANDBOX: "bwrap",
            OPERATOR_TOKEN: OPERATOR,
            LOG_LEVEL: "debug"
          })
        )
      ),
    MOST_TIME
  )
})
