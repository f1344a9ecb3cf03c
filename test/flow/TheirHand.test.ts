import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { afterAll } from "vitest"
import { shell } from "../harness/Shell.ts"
import { begin, byResults, finish, pushNow, run, serverWithTools, shop } from "./people.ts"

const server = serverWithTools()
/** Milliseconds: a round has a clone, a checkout, checks and two pushes. */
const THREE_ROUNDS = 90_000
const CHECKS = { ".mosaic.yml": "checks:\n  - { name: src, command: test -d src }" }

/** Adds a line to the README once a session, and does this before it says that it is done. */
const adding = (line: string, meanwhile: () => void = () => undefined) =>
  byResults((results) => {
    if (results.length === 0) return run(`echo '${line}' >> README.md`)
    meanwhile()
    return finish(`Added: ${line}`)
  })

describe("A task whose pull request people work on", () => {
  afterAll(server.clear)

  layer(server.layer, { excludeTestServices: true })((it) => {
    it.effect("goes on on the same branch when it is assigned again, with the commits that a person pushed", () =>
      Effect.gen(function* () {
        const { becomes, claude, folder, gitea, open, pulls, said } = yield* shop("acme/theirs", CHECKS)
        yield* claude.respond(adding("first"))
        const issue = yield* open
        yield* becomes(issue, "completed")
        yield* said
        const before = pushNow(folder, "mosaic/1", { "before.txt": "before the second round" })
        let during = ""
        yield* claude.respond(
          adding("second", () => {
            during = pushNow(folder, "mosaic/1", { "during.txt": "in the second round" })
          })
        )
        yield* gitea.unassign(issue, gitea.bot.login)
        yield* gitea.assign(issue, gitea.bot.login)
        yield* becomes(issue, "running")
        yield* becomes(issue, "completed")
        const [pull, ...others] = yield* pulls
        assert.lengthOf(others, 0)
        assert.strictEqual(pull?.state, "open")
        assert.deepStrictEqual(
          (yield* shell(folder, "git log --first-parent --format=%H mosaic/1")).split("\n").slice(1, 3),
          [during, before]
        )
        const tree = yield* shell(folder, "git ls-tree --name-only mosaic/1; git show mosaic/1:README.md")
        assert.match(tree, /before\.txt\nduring\.txt\n[^]*first\nsecond/)
      })
    )

    it.effect(
      "is parked when somebody closes the pull request meanwhile, and begins afresh when it is assigned again",
      () =>
        Effect.gen(function* () {
          const { becomes, claude, folder, gitea, name, open, pulls } = yield* shop("acme/closed", CHECKS)
          yield* claude.respond(adding("first"))
          const issue = yield* open
          yield* becomes(issue, "completed")
          const left = yield* shell(folder, "git rev-parse mosaic/1")
          yield* claude.respond(adding("second", begin(gitea.closePull(name, 2))))
          yield* gitea.unassign(issue, gitea.bot.login)
          yield* gitea.assign(issue, gitea.bot.login)
          const task = yield* becomes(issue, "parked")
          assert.match(
            task?.cause ?? "",
            /^somebody closed pull request #2 while the work on it went on, and what is closed stays closed$/
          )
          assert.match(task?.saved ?? "", /^refs\/mosaic\/1\//)
          assert.lengthOf(yield* pulls, 1)
          yield* claude.respond(adding("third"))
          yield* gitea.unassign(issue, gitea.bot.login)
          yield* becomes(issue, "cancelled")
          yield* gitea.assign(issue, gitea.bot.login)
          yield* becomes(issue, "completed")
          const [closed, opened, ...others] = yield* pulls
          assert.lengthOf(others, 0)
          assert.deepStrictEqual([closed?.state, opened?.state], ["closed", "open"])
          assert.include(opened?.body ?? "", "Pull request #2 was closed without being merged: this one begins afresh.")
          assert.notStrictEqual(opened?.head, "mosaic/1")
          assert.strictEqual(yield* shell(folder, "git rev-parse mosaic/1"), left)
        })
    )

    it.effect(
      "begins at the base branch when the pull request was merged, and the branch is used again",
      () =>
        Effect.gen(function* () {
          const { becomes, claude, folder, gitea, name, open, pulls } = yield* shop("acme/merged", CHECKS)
          yield* claude.respond(adding("first"))
          const issue = yield* open
          yield* becomes(issue, "completed")
          yield* gitea.mergePull(name, 2)
          yield* claude.respond(adding("second"))
          yield* gitea.reopen(issue)
          yield* becomes(issue, "running")
          yield* becomes(issue, "completed")
          const all = yield* pulls
          assert.deepStrictEqual(
            all.map(({ head, merged, state }) => [head, state, merged]),
            [
              ["mosaic/1", "closed", true],
              ["mosaic/1", "open", false]
            ]
          )
          assert.strictEqual(yield* shell(folder, "git diff main mosaic/1 | grep '^[+-][^+-]'"), "+second\n")
          yield* gitea.closePull(name, 3)
          yield* claude.respond(adding("third"))
          yield* gitea.unassign(issue, gitea.bot.login)
          yield* gitea.assign(issue, gitea.bot.login)
          yield* becomes(issue, "running")
          yield* becomes(issue, "completed")
          assert.deepStrictEqual(
            (yield* pulls).map(({ head }) => head),
            ["mosaic/1", "mosaic/1", "mosaic/1-3"],
            "the one that was merged does not hide the one that was closed"
          )
        }),
      THREE_ROUNDS
    )

    it.effect("may not touch the paths that the repository names", () =>
      Effect.gen(function* () {
        const { becomes, claude, open, pulls } = yield* shop("acme/paths", {
          ".mosaic.yml": "checks: []\npaths: [package.json, deploy/**]"
        })
        const told: Array<string> = []
        yield* claude.respond(
          byResults((results) => {
            const last = results.at(-1)
            if (last?.name === "finish") told.push(last.text)
            if (results.length === 0) return run("echo >> package.json; echo x >> README.md")
            return told.length === 1 && last?.name === "finish" ? run("git checkout package.json") : finish("Done.")
          })
        )
        const issue = yield* open
        yield* becomes(issue, "completed")
        assert.match(told[0] ?? "", /^Files were changed that the bot may not touch: package\.json\./)
        assert.lengthOf(yield* pulls, 1)
      })
    )

    it.effect("is parked when it does so three times, with the names of the files", () =>
      Effect.gen(function* () {
        const { becomes, claude, open, pulls } = yield* shop("acme/barred", {
          ".mosaic.yml": "checks: []\npaths: [package.json, deploy/**]"
        })
        yield* claude.respond(
          byResults((results) => (results.length === 0 ? run("mkdir deploy; echo x > deploy/a") : finish("Done.")))
        )
        const task = yield* becomes(yield* open, "parked")
        assert.match(task?.cause ?? "", /^3 times files were changed that the bot may not touch: deploy\/a$/)
        assert.lengthOf(yield* pulls, 0)
      })
    )
  })
})
