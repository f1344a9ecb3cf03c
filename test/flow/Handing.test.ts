import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { afterAll } from "vitest"
import type { Reply } from "../../src/sandbox/claude/Reply.ts"
import { eventually } from "../harness/Eventually.ts"
import { taskIdOfIssue } from "../harness/Flow.ts"
import { shell } from "../harness/Shell.ts"
import { begin, byResults, finish, run, serverWithTools, shop } from "./people.ts"

const server = serverWithTools()
const CHECKS = { ".mosaic.yml": "checks:\n  - { name: src, command: test -d src }" }

const adding = (meanwhile: () => void = () => undefined) =>
  byResults((results) => {
    if (results.length === 0) return run("echo more >> README.md")
    meanwhile()
    return finish("Added.")
  })

/** Hands in, hears what is new, changes more, and then ends so. */
const afterNews = (meanwhile: () => void, end: Reply) =>
  byResults((results) => {
    if (results.length === 0) return run("echo more >> README.md")
    if (results.length === 2) return run("echo less >> README.md")
    if (results.length > 2) return end
    meanwhile()
    return finish("Said more.")
  })

describe("Work that is handed in", () => {
  afterAll(server.clear)

  layer(server.layer, { excludeTestServices: true })((it) => {
    it.effect("by a bot that may only read becomes a pull request without a branch, and goes on there", () =>
      Effect.gen(function* () {
        const { becomes, claude, folder, gitea, name, open, pulls, report, said } = yield* shop("acme/agit", CHECKS)
        yield* gitea.withdraw(name)
        yield* claude.respond(adding())
        const issue = yield* open
        yield* becomes(issue, "completed")
        yield* said
        const [pull] = yield* pulls
        assert.deepStrictEqual([pull?.number, pull?.head, pull?.topic], [2, "refs/pull/2/head", "mosaic/1"])
        assert.match(pull?.title ?? "", /^Total is one cent off \(#1\)$/)
        assert.match(pull?.body ?? "", /has no branch[^]*- passed: src[^]*Fixes #1$/)
        assert.include((yield* report(issue))[0]?.body ?? "", `${gitea.url}/${name}/pulls/2`)
        yield* gitea.unassign(issue, gitea.bot.login)
        yield* gitea.assign(issue, gitea.bot.login)
        yield* becomes(issue, "running")
        yield* becomes(issue, "completed")
        assert.lengthOf(yield* pulls, 1)
        assert.strictEqual(yield* shell(folder, "git rev-list --count main..refs/pull/2/head"), "2\n")
        assert.strictEqual(
          yield* shell(folder, "git for-each-ref refs/heads --format='%(refname)'"),
          "refs/heads/main\n"
        )
      })
    )

    it.effect("is parked with a sentence when the push is declined, and kept", () =>
      Effect.gen(function* () {
        const { becomes, claude, folder, gitea, name, open, progress, pulls, said } = yield* shop(
          "acme/guarded",
          CHECKS
        )
        yield* gitea.protect(name, "mosaic/1")
        yield* claude.respond(adding())
        const issue = yield* open
        const task = yield* becomes(issue, "parked")
        assert.match(
          task?.cause ?? "",
          /^git: push mosaic\/1 failed: Not allowed to push to protected branch mosaic\/1; .*Let the bot push to branches that begin with mosaic\//
        )
        assert.match(task?.saved ?? "", /^refs\/mosaic\/1\//)
        yield* said
        assert.include((yield* progress(issue))[0]?.body ?? "", "Not allowed to push to protected branch")
        assert.lengthOf(yield* pulls, 0)
        assert.match(yield* shell(folder, "git for-each-ref --format='%(refname)' refs/mosaic"), /^refs\/mosaic\/1\//)
      })
    )

    it.effect("is named on the issue, and kept in Gitea, when somebody stops it", () =>
      Effect.gen(function* () {
        const { becomes, claude, folder, gitea, id, open, progress } = yield* shop("acme/stopped", CHECKS)
        yield* claude.respond(byResults(() => run("echo more >> README.md")))
        const issue = yield* open
        yield* eventually(
          "some work is saved",
          shell(
            server.folder,
            `cd clones/${id}.git 2>/dev/null && git for-each-ref --format="%(refname)" refs/mosaic || true`
          ),
          (refs) => /\/2$/m.test(refs)
        )
        yield* gitea.unassign(issue, gitea.bot.login)
        yield* becomes(issue, "cancelled")
        const [comment] = yield* eventually("the comment names it", progress(issue), ([it]) =>
          /Stopped[^]*saved as/.test(it?.body ?? "")
        )
        const [ref = ""] = /refs\/mosaic\/1\/[\w-]+\/\d+/.exec(comment?.body ?? "") ?? []
        yield* eventually("Gitea has it", shell(folder, `git show ${ref}:README.md || true`), (text) =>
          text.endsWith("more\n")
        )
      })
    )

    it.effect("makes no pull request when the issue was closed after the checks, though no hook told of it", () =>
      Effect.gen(function* () {
        const { becomes, claude, folder, gitea, id, open, pulls } = yield* shop("acme/late", CHECKS)
        const first = yield* claude.hold("messages")
        const issue = yield* open
        yield* claude.respond(adding(begin(gitea.close(issue))))
        yield* first.arrived
        yield* gitea.drained
        yield* gitea.disturb({ seed: 1, drop: 1, duplicate: 0, reorder: 0 })
        yield* first.release
        yield* becomes(issue, "cancelled")
        yield* gitea.disturb(null)
        assert.lengthOf(yield* pulls, 0)
        assert.strictEqual(
          yield* shell(folder, "git for-each-ref refs/heads --format='%(refname)'"),
          "refs/heads/main\n"
        )
        assert.match(
          yield* shell(`${server.folder}/clones/${id}.git`, "git for-each-ref --format='%(refname)' refs/mosaic"),
          /^refs\/mosaic\/1\//
        )
      })
    )

    it.effect("takes up what is written on the issue in the last turn, and is one pull request all the same", () =>
      Effect.gen(function* () {
        const { becomes, claude, folder, gitea, open, pulls, report, said } = yield* shop("acme/lastword", CHECKS)
        const first = yield* claude.hold("messages")
        const issue = yield* open
        yield* claude.respond(afterNews(begin(gitea.comment(issue, "Say less.", "ada")), finish("Said less.")))
        yield* first.release
        yield* becomes(issue, "completed")
        yield* said
        assert.lengthOf(yield* pulls, 1)
        assert.match(yield* shell(folder, "git show mosaic/1:README.md"), /more\nless\n$/)
        const reports = yield* report(issue)
        assert.lengthOf(reports, 1)
        assert.include(reports[0]?.body ?? "", "Said less.")
      })
    )

    it.effect(
      "is not what passed before the last word on the issue, where the session ends without `finish` then",
      () =>
        Effect.gen(function* () {
          const { becomes, claude, gitea, open, pulls } = yield* shop("acme/unfinished", CHECKS)
          const first = yield* claude.hold("messages")
          const issue = yield* open
          const stop = { content: [{ type: "text", text: "Said less." }] } as const
          yield* claude.respond(afterNews(begin(gitea.comment(issue, "Say less.", "ada")), stop))
          yield* first.release
          const task = yield* becomes(issue, "parked")
          assert.match(task?.cause ?? "", /stopped without calling `finish`/)
          assert.match(task?.saved ?? "", /^refs\/mosaic\/1\//)
          assert.lengthOf(yield* pulls, 0)
        })
    )

    it.effect("is what passed, where the session ends without `finish` and has changed nothing since", () =>
      Effect.gen(function* () {
        const { becomes, claude, gitea, open, pulls } = yield* shop("acme/same", CHECKS)
        const first = yield* claude.hold("messages")
        const issue = yield* open
        const comment = begin(gitea.comment(issue, "Thank you.", "ada"))
        const thanks: Reply = { content: [{ type: "text", text: "You are welcome." }] }
        yield* claude.respond(
          byResults((results) => {
            if (results.length === 0) return run("echo more >> README.md")
            if (results.length > 1) return thanks
            comment()
            return finish("Said more.")
          })
        )
        yield* first.release
        yield* becomes(issue, "completed")
        assert.lengthOf(yield* pulls, 1)
      })
    )

    it.effect("is one pull request when the issue was closed and assigned again in the middle of a turn", () =>
      Effect.gen(function* () {
        const { becomes, claude, folder, gitea, open, pulls } = yield* shop("acme/again", CHECKS)
        const first = yield* claude.hold("messages")
        yield* claude.respond(adding())
        const issue = yield* open
        yield* first.arrived
        yield* gitea.close(issue)
        yield* becomes(issue, "cancelled")
        yield* gitea.reopen(issue)
        yield* first.release
        yield* becomes(issue, "completed")
        assert.lengthOf(yield* pulls, 1)
        assert.strictEqual(yield* shell(folder, "git rev-list --count main..mosaic/1"), "1\n")
      })
    )

    it.effect("is gone on with from Gitea when the clone was removed while the task was parked", () =>
      Effect.gen(function* () {
        const { becomes, claude, first, folder, gitea, id, name, open } = yield* shop("acme/cleared", CHECKS)
        const seen: Array<string> = []
        let commands = ["echo more > more; rm README.md", "git rev-parse HEAD; git status --porcelain"]
        yield* claude.respond(
          byResults((results) => {
            const [command = "true", ...others] = commands
            if (results.length === 0) {
              commands = others
              return run(command)
            }
            seen.push(results.at(-1)?.text ?? "")
            return { content: [{ type: "tool_use", name: "finish", input: { answer: "Which?", status: "blocked" } }] }
          })
        )
        const issue = yield* open
        yield* becomes(issue, "parked")
        assert.match(
          yield* shell(folder, "git for-each-ref --format='%(refname)' refs/mosaic"),
          /^refs\/mosaic\/1\/([\w-]+)\/1\nrefs\/mosaic\/1\/\1\/base\n$/
        )
        yield* gitea.commit(name, { later: "later" })
        yield* shell(server.folder, `rm -rf clones/${id}.git`)
        yield* gitea.unassign(issue, gitea.bot.login)
        yield* gitea.assign(issue, gitea.bot.login)
        yield* becomes(issue, "running")
        yield* becomes(issue, "parked")
        assert.strictEqual(seen.at(-1), `${first}\n D README.md\n?? more`)
      })
    )

    it.effect("goes on by itself when Gitea was gone between the push and the pull request", () =>
      Effect.gen(function* () {
        const { becomes, claude, folder, gitea, name, open, pulls, store } = yield* shop("acme/gone", CHECKS)
        yield* claude.respond(adding())
        yield* gitea.fail({ match: /POST .*acme\/gone\/pulls$/, kind: "status", status: 502 })
        const issue = yield* open
        yield* eventually(
          "its run rests",
          store.read("tasks", ["notBefore", "lease"], { id: taskIdOfIssue(issue) }),
          ([row]) => row !== undefined && row.lease === null && row.notBefore > 0
        )
        yield* store.alter("tasks", { notBefore: 0 })
        yield* becomes(issue, "completed")
        assert.lengthOf(yield* pulls, 1)
        assert.strictEqual(yield* shell(folder, "git rev-list --count main..mosaic/1"), "1\n")
        assert.lengthOf(
          (yield* gitea.requests).filter(({ method, path }) => method === "POST" && path.endsWith(`${name}/pulls`)),
          2
        )
      })
    )
  })
})
