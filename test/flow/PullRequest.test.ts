import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, vi } from "vitest"
import { NodeServices } from "@effect/platform-node"
import { developerAgent } from "../../src/sandbox/claude/DeveloperAgent.ts"
import { SHOP } from "../../src/sandbox/demo/Shop.ts"
import { ToolHost } from "../../src/tool/ToolHost.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { lacking } from "../harness/Lacking.ts"
import { shell } from "../harness/Shell.ts"

vi.setConfig({ testTimeout: 90_000 })

const NAME = "acme/shop"
const DRAFT = { repository: NAME, title: "Total is one cent off", body: "The cart and the invoice differ by one cent." }

const folder = mkdtempSync(join(tmpdir(), "mosaic-flow-"))

const withTools = harness({
  tools: ToolHost.layer,
  settings: { workDir: folder, sandbox: "auto" },
  before: (gitea) => Effect.andThen(gitea.createRepository(NAME), gitea.commit(NAME, SHOP))
}).pipe(Layer.provideMerge(NodeServices.layer))

describe.skipIf(lacking("bwrap"))("Assignment", () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  layer(withTools, { excludeTestServices: true })((it) => {
    it.effect("ends in one pull request that passed the checks, with the link on the issue", () =>
      Effect.gen(function* () {
        const { becomes, claude, gitea, report, said } = yield* flow
        yield* claude.respond(developerAgent)
        const issue = yield* gitea.openIssue({ ...DRAFT, assignees: [gitea.bot.login] })
        const task = yield* becomes(issue, "completed")
        assert.strictEqual(task?.cause, "the answer was given")
        yield* said
        const [pull, ...others] = yield* gitea.pulls(NAME)
        assert.lengthOf(others, 0)
        assert.deepStrictEqual([pull?.head, pull?.base, pull?.state], ["mosaic/1", "main", "open"])
        assert.match(pull?.body ?? "", /- passed: npm run test[^]*Fixes #1$/)
        const folder = yield* gitea.folder(NAME)
        const diff = yield* shell(folder, "git diff --stat main mosaic/1; git diff main mosaic/1 | grep '^[+-] '")
        assert.match(diff, /src\/total\.js \| 2 \+-/)
        assert.match(diff, /^\+ {2}Math\.round\(lines\.reduce/m)
        const [answer] = yield* report(issue)
        assert.include(answer?.body ?? "", `${gitea.url}/${NAME}/pulls/${pull?.number}`)
        const refs = yield* shell(folder, "git for-each-ref --format='%(refname)' refs/mosaic")
        assert.match(refs, /^refs\/mosaic\/1\/[\w-]+\/\d+$/m)
        assert.notInclude(yield* shell(folder, "git log --format=%B --all -p"), gitea.bot.token)
      })
    )

    it.effect("in a repository without pull requests is told so before anything is paid for", () =>
      Effect.gen(function* () {
        const { becomes, claude, gitea } = yield* flow
        const paid = Effect.map(claude.requests, (all) => all.filter(({ operation }) => operation === "messages"))
        const before = (yield* paid).length
        yield* gitea.turnPulls(NAME, false)
        const issue = yield* gitea.openIssue({ ...DRAFT, assignees: [gitea.bot.login] })
        const task = yield* becomes(issue, "parked")
        assert.strictEqual(task?.cause, "acme/shop has no pull requests: turn them on in its settings")
        assert.lengthOf(yield* paid, before)
        yield* gitea.turnPulls(NAME, true)
      })
    )

    it.effect("whose checks cannot be read is told the line and the column", () =>
      Effect.gen(function* () {
        const { becomes, gitea, progress, said } = yield* flow
        yield* gitea.commit(NAME, { ".mosaic.yml": "checks:\n  - { name: a, command: b }\npath: [x]" })
        const issue = yield* gitea.openIssue({ ...DRAFT, assignees: [gitea.bot.login] })
        const task = yield* becomes(issue, "parked")
        assert.match(task?.cause ?? "", /^\.mosaic\.yml cannot be used: line 3, column 1: this key is not known here/)
        yield* said
        assert.include((yield* progress(issue))[0]?.body ?? "", "line 3, column 1")
      })
    )
  })
})
