import { assert, describe, it } from "@effect/vitest"
import { Clock, Console, Effect, FileSystem, Random } from "effect"
import { existsSync, readdirSync } from "node:fs"
import { env } from "node:process"
import { developerAgent } from "../../src/sandbox/claude/DeveloperAgent.ts"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import type { Policy } from "../../src/sandbox/claude/Script.ts"
import { SHOP } from "../../src/sandbox/demo/Shop.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import type { SandboxIssue } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"
import type { Life } from "../harness/CoordinatorProcess.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"
import { taskIdOfIssue } from "../harness/Flow.ts"
import { shell } from "../harness/Shell.ts"
import { lacking } from "../harness/Lacking.ts"
import { killAtWork } from "./workKills.ts"
import { taskOver } from "./taskOver.ts"

/** A longer search: `WORK_KILL_RUNS=50 WORK_KILL_SEED=7`. */
const RUNS = Number(env["WORK_KILL_RUNS"] ?? 1)
const SEED = env["WORK_KILL_SEED"] ?? "kill -9"
const LIMIT = 60_000 + RUNS * 60_000

/** Repositories in the checkout, one with a commit and one without: git itself saves the files of neither. */
const NEST = [
  "mkdir -p vendor/tool vendor/bare",
  "[ -e vendor/bare/.git ] || git init -q vendor/bare",
  "[ -e vendor/bare/new.txt ] || echo 'not committed' > vendor/bare/new.txt",
  "[ -e vendor/tool/.git ] || git init -q vendor/tool",
  "[ -e vendor/tool/lib.txt ] || echo 'of a nested repository' > vendor/tool/lib.txt",
  "git -C vendor/tool add -A && { git -C vendor/tool -c user.name=dev -c user.email=dev@example.com commit -qm lib || true; }"
].join("\n")

/** A developer who also makes repositories in the repository. */
const nesting: Policy = (request) => {
  const reply = developerAgent(request)
  return {
    ...reply,
    content: reply.content.map((block) =>
      block.type === "tool_use" && block.name === "bash"
        ? {
            ...block,
            input: { command: `{ ${NEST}\n} >/dev/null 2>&1\n${(block.input as { command: string }).command}` }
          }
        : block
    )
  }
}

const completed = Effect.fnUntraced(function* (issue: SandboxIssue) {
  const { store } = yield* CoordinatorProcess
  const task = yield* taskOver(issue)
  const journal = yield* store.column("journal", "entry")
  assert.deepStrictEqual(
    [task?.state, task?.cause],
    ["completed", "the answer was given"],
    journal.slice(-8).join("\n")
  )
  yield* eventuallyInProcess("all is said", store.count("outbox", { state: "pending" }), (left) => left === 0)
})

/** One branch, one open pull request, each comment once, and all of the work in the newest snapshot. */
const whole = Effect.fnUntraced(function* (issue: SandboxIssue) {
  const gitea = yield* SandboxGitea
  const { workDir } = yield* CoordinatorProcess
  const name = issue.repository.fullName
  const folder = yield* gitea.folder(name)
  const pulls = yield* gitea.pulls(name)
  assert.deepStrictEqual(
    pulls.map(({ head, state }) => [head, state]),
    [[`mosaic/${issue.number}`, "open"]]
  )
  const branches = yield* shell(folder, "git for-each-ref --format='%(refname:strip=2)' refs/heads")
  assert.deepStrictEqual(branches.trim().split("\n"), ["main", `mosaic/${issue.number}`])
  assert.match(yield* shell(folder, `git show mosaic/${issue.number}:src/total.js`), /Math\.round\(lines\.reduce/)
  const marks = (yield* gitea.comments(issue)).map(({ body }) => /<!-- mosaic (.*?) -->/.exec(body)?.[1])
  assert.sameMembers(
    marks,
    ["progress", "report 1"].map((kind) => `task ${taskIdOfIssue(issue)} ${kind}`)
  )

  const refs = yield* shell(
    folder,
    `git for-each-ref --format='%(refname)' --sort=-version:refname refs/mosaic/${issue.number}`
  )
  const newest = refs.split("\n").find((ref) => /\/\d+$/.test(ref)) ?? "no snapshot"
  const clone = `${workDir}/clones/${issue.repository.id}.git`
  const kept = yield* shell(
    clone,
    `git for-each-ref --format='%(refname)' --sort=-version:refname refs/mosaic/${issue.number}`
  )
  assert.strictEqual(
    kept.split("\n").find((ref) => /\/\d+$/.test(ref)),
    newest
  )
  yield* shell(clone, "git fsck --connectivity-only")
  assert.strictEqual(yield* shell(clone, "find . -name '*.lock'"), "")
  const restored = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ prefix: "mosaic-restored-" })
  yield* shell(restored, `git clone -q '${folder}' . && git fetch -q origin ${newest} && git checkout FETCH_HEAD -- .`)
  const read = yield* shell(restored, "cat vendor/tool/lib.txt vendor/bare/new.txt src/total.js")
  assert.match(read, /^of a nested repository\nnot committed\n[^]*Math\.round\(lines\.reduce/)
}, Effect.scoped)

describe("A coordinator that is killed at work", () => {
  it.live.skipIf(lacking("bwrap"))(
    "ends with one pull request, and loses nothing that was saved",
    () =>
      Effect.gen(function* () {
        const gitea = yield* SandboxGitea
        const { start, workDir } = yield* CoordinatorProcess
        yield* (yield* SandboxClaude).respond(nesting)
        const began = yield* Clock.currentTimeMillis
        const kills: Record<string, number> = {}
        let life: Life = yield* start
        for (let run = 1; run <= RUNS; run++) {
          const name = `acme/shop-${run}`
          yield* gitea.createRepository(name)
          yield* gitea.commit(name, SHOP)
          const draft = { repository: name, title: "Total is one cent off", body: "The cart and the invoice differ." }
          const issue = yield* gitea.openIssue({ ...draft, assignees: [gitea.bot.login] })
          const met: Array<string> = []
          const assigned = yield* Clock.currentTimeMillis
          for (const times = yield* Random.nextIntBetween(1, 4); met.length < times;) {
            const at = yield* killAtWork(life, issue)
            if (at === null) break
            met.push(at)
            life = yield* start
          }
          for (const at of met) kills[at] = (kills[at] ?? 0) + 1
          yield* Effect.andThen(completed(issue), whole(issue)).pipe(
            Effect.exit,
            Effect.tap(() =>
              Clock.currentTimeMillis.pipe(
                Effect.flatMap((now) => Console.log(`run ${run}: ${now - assigned} ms, killed ${met.join(", then ")}`))
              )
            ),
            Effect.flatten
          )
        }
        const count = Object.values(kills).reduce((sum, kill) => sum + kill, 0)
        yield* Console.log(`${RUNS} runs, ${count} kills in ${(yield* Clock.currentTimeMillis) - began} ms:`, kills)
        const left = existsSync(`${workDir}/sessions`) ? readdirSync(`${workDir}/sessions`) : []
        assert.deepStrictEqual(left, [])
      }).pipe(
        Random.withSeed(SEED),
        Effect.provide(CoordinatorProcess.layerWith({ AGENT_TOOLS_SOCKET: undefined, AGENT_SANDBOX: "bwrap" }))
      ),
    LIMIT
  )
})
