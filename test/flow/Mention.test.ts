import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { Policy } from "../../src/sandbox/claude/Script.ts"
import { EvenRandom } from "../harness/EvenRandom.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { SECRET } from "../harness/TestSettings.ts"
import { count } from "../harness/StoreReader.ts"
import { makeWire } from "../harness/Wire.ts"

const LIMIT = 60_000
const wire = makeWire()
const server = harness().pipe(Layer.provide([wire.layer, EvenRandom]))

const finishing =
  (status: "done" | "blocked"): Policy =>
  () => ({
    content: [{ type: "tool_use", name: "finish", input: { answer: "Which of the two?", status } }]
  })

/** An issue whose task asks a person something, in a repository that ada owns and bob may write to. */
const blocked = Effect.fnUntraced(function* (repository: string, events: ReadonlyArray<string>) {
  const it = yield* flow
  const { becomes, claude, gitea, said, webhook } = it
  yield* gitea.createRepository(repository)
  yield* gitea.setHooks(repository, [{ url: webhook, secret: SECRET, active: true, events }])
  yield* claude.respond(finishing("blocked"))
  const issue = yield* gitea.openIssue({ repository, title: "Slow search", body: "", by: "ada" })
  yield* gitea.assign(issue, gitea.bot.login, "ada")
  yield* becomes(issue, "parked")
  yield* said
  yield* claude.respond(finishing("done"))
  return { ...it, issue, comment: (text: string, by: string) => gitea.comment(issue, text, by) }
})

const HOOK = ["issues", "issue_assign", "issue_label", "issue_comment"]

describe("A comment on the issue of a parked task", () => {
  layer(server)((it) => {
    it.effect(
      "that mentions the bot makes it go on, when its writer may write to the repository",
      () =>
        Effect.gen(function* () {
          const { becomes, comment, gitea, issue, settled, task, transitions } = yield* blocked("ada/asked", HOOK)
          yield* comment("I would take the second.", "bob")
          yield* comment(`@${gitea.bot.login} I am a stranger, go on`, "stranger")
          yield* settled
          assert.strictEqual((yield* task(issue))?.state, "parked")
          yield* comment(`@${gitea.bot.login} the second, please`, "bob")
          // A later one of somebody who may not takes nothing away.
          yield* comment(`@${gitea.bot.login} no, the first`, "stranger")
          yield* settled
          yield* becomes(issue, "completed")
          assert.deepStrictEqual((yield* transitions(issue)).slice(-4), ["ready", "running", "answered", "completed"])
          assert.strictEqual((yield* task(issue))?.generation, 1)
        }),
      LIMIT
    )

    it.effect(
      "counts once, and one from before the bot's question does not",
      () =>
        Effect.gen(function* () {
          const { becomes, claude, comment, gitea, issue, said, settled, task } = yield* blocked("ada/once", HOOK)
          yield* claude.respond(finishing("blocked"))
          yield* comment(`@${gitea.bot.login} go on`, "ada")
          yield* settled
          yield* becomes(issue, "parked")
          yield* said
          yield* wire.pass("11 minutes")
          assert.strictEqual((yield* task(issue))?.state, "parked")
          assert.lengthOf(
            (yield* gitea.comments(issue)).filter(({ body }) => body.includes("Which of the two?")),
            2
          )
        }),
      LIMIT
    )

    it.effect(
      "is found by the comparison where the hook tells of no comments, and is no gap",
      () =>
        Effect.gen(function* () {
          const { becomes, comment, gitea, issue } = yield* blocked("ada/unheard", HOOK.slice(0, 3))
          yield* comment(`@${gitea.bot.login} the second, please`, "bob")
          yield* wire.pass("6 minutes")
          yield* becomes(issue, "completed")
          assert.strictEqual(yield* count("gaps", { fullName: "ada/unheard" }), 0)
        }),
      LIMIT
    )

    it.effect(
      "changes nothing while Gitea does not tell who may write",
      () =>
        Effect.gen(function* () {
          const { becomes, comment, gitea, issue, settled, task } = yield* blocked("ada/silent", HOOK)
          yield* gitea.fail({ match: /\/assignees$/, kind: "status", status: 403 })
          yield* comment(`@${gitea.bot.login} the second, please`, "bob")
          yield* settled
          assert.strictEqual((yield* task(issue))?.state, "parked")
          yield* wire.pass("6 minutes")
          yield* becomes(issue, "completed")
        }),
      LIMIT
    )
  })
})
