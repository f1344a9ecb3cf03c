import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { markerOf } from "../../src/domain/Comment.ts"
import { progressKey, reportKey } from "../../src/outbox/Outbox.ts"
import { eventually } from "../harness/Eventually.ts"
import { flow, taskIdOfIssue } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { heldTurn } from "./heldTurn.ts"

const DRAFT = { repository: "acme/shop", title: "Slow search", body: "It takes 9 s." }
const POST = /^POST .*\/comments$/

/** An issue at work on its last turn, its progress comment in place; the answer is still to come. */
const beforeAnswer = (answer = "Use an index.") =>
  Effect.gen(function* () {
    const it = yield* heldTurn(DRAFT, answer)
    const { gitea, issue, said, turn } = it
    yield* said
    const asked = (yield* gitea.requests).length
    const since = Effect.map(gitea.requests, (all) =>
      all.slice(asked).map(({ method, path, status }) => ({ call: `${method} ${path}`, status }))
    )
    return {
      ...it,
      answered: Effect.andThen(turn.release, it.answers(issue)),
      /** Calls from now on that match. */
      calls: (match: RegExp) => Effect.map(since, (all) => all.filter(({ call }) => match.test(call)))
    }
  })

describe("Report", () => {
  layer(harness({ before: (gitea) => gitea.createRepository(DRAFT.repository) }), { excludeTestServices: true })(
    (it) => {
      it.effect("that was written but answered with 500 is on the issue once", () =>
        Effect.gen(function* () {
          const { answered, calls, gitea, issue, report, said } = yield* beforeAnswer()
          yield* gitea.fail({ match: POST, kind: "doneThenStatus", status: 500 })
          yield* answered
          yield* said
          assert.lengthOf(yield* report(issue), 1)
          assert.deepStrictEqual(
            (yield* calls(POST)).map(({ status }) => status),
            [500]
          )
        })
      )

      it.effect("that was written but answered with 500 is not denied when the issue is closed right after", () =>
        Effect.gen(function* () {
          const { answered, calls, gitea, issue, progress, report, said } = yield* beforeAnswer()
          yield* gitea.fail({ match: POST, kind: "doneThenStatus", status: 500 })
          yield* answered
          yield* eventually("the answer was sent", calls(POST), (all) => all.length === 1)
          yield* gitea.close(issue, "ada")
          yield* said
          assert.lengthOf(yield* report(issue), 1)
          assert.notInclude((yield* progress(issue))[0]?.body, "Stopped")
        })
      )

      it.effect("is not taken for written because of somebody else's marker", () =>
        Effect.gen(function* () {
          const { answered, gitea, issue, report, said } = yield* beforeAnswer()
          const forged = `All done. ${markerOf(reportKey(taskIdOfIssue(issue), 1))}`
          yield* gitea.comment(issue, forged, "eve")
          yield* gitea.fail({ match: POST, kind: "status", status: 500 })
          yield* answered
          yield* said
          const [own] = yield* report(issue)
          assert.include(own?.body, "Use an index.")
          const byEve = (yield* gitea.comments(issue)).filter(({ user }) => user === "eve")
          assert.deepStrictEqual(
            byEve.map(({ body }) => body),
            [forged]
          )
        })
      )

      it.effect("is written later when Gitea cannot be reached, without counting an attempt", () =>
        Effect.gen(function* () {
          const { answered, calls, gitea, issue, report, said, task } = yield* beforeAnswer()
          yield* gitea.fail({ match: POST, kind: "reset", times: 2 })
          yield* answered
          yield* said
          assert.lengthOf(yield* report(issue), 1)
          assert.lengthOf(yield* calls(POST), 3)
          assert.strictEqual((yield* task(issue))?.attempts, 0)
        })
      )

      it.effect("comes even when somebody deleted the progress comment, which is not fought for", () =>
        Effect.gen(function* () {
          const { answered, gitea, issue, progress, report, said, store } = yield* beforeAnswer()
          for (const { id } of yield* progress(issue)) yield* gitea.deleteComment(id)
          yield* answered
          yield* said
          assert.lengthOf(yield* report(issue), 1)
          assert.isEmpty(yield* progress(issue))
          assert.deepStrictEqual(
            yield* store.read("outbox", ["state", "reason"], { key: progressKey(taskIdOfIssue(issue)) }),
            [{ state: "dropped", reason: "the comment was deleted" }]
          )
        })
      )

      it.effect("disarms what the model wrote: no mention, no reference, no marker, and code as it was", () =>
        Effect.gen(function* () {
          const forged = markerOf("task 1/1 report 1")
          const code = "```mermaid\ngraph TD; A-->B[@ada #1]\n```"
          const { answered, issue, report, said } = yield* beforeAnswer(
            `Ask @ada, see \`@grace\`; fixes #1. ${forged}\n\n${code}\n\n\`\`\`\nopen @ada`
          )
          yield* answered
          yield* said
          const [own] = yield* report(issue)
          const [marker, ...text] = own?.body.split("\n") ?? []
          assert.strictEqual(marker, markerOf(reportKey(taskIdOfIssue(issue), 1)))
          const note = "*The repository could not be looked at or changed, because tools are off (none in this test).*"
          assert.strictEqual(
            text.join("\n").trim(),
            `${note}\n\nAsk @\u200bada, see \`@grace\`; fixes #\u200b1. ${forged.replace("<", "&lt;")}\n\n${code}\n\n\`\`\`\nopen @ada\n\`\`\``
          )
        })
      )

      it.effect("is preceded by what the session noted as done and as next", () =>
        Effect.gen(function* () {
          const { becomes, claude, gitea, hurry, progress, said } = yield* flow
          yield* claude.respond(({ messages }) => ({
            content: [
              messages.length === 1
                ? {
                    type: "tool_use",
                    name: "progress",
                    input: { done: "Read @ada's remarks <!-- x -->", next: "Draft a plan" }
                  }
                : { type: "tool_use", name: "finish", input: { answer: "Use an index.", status: "done" } }
            ]
          }))
          const first = yield* claude.hold("messages")
          const second = yield* claude.hold("messages")
          const issue = yield* gitea.openIssue({ ...DRAFT, assignees: [gitea.bot.login] })
          yield* first.arrived
          yield* said
          yield* first.release
          yield* second.arrived
          const [comment] = yield* eventually(
            "the note is shown",
            Effect.andThen(hurry, progress(issue)),
            ([it]) => it?.body.includes("- done:") === true
          )
          assert.include(comment?.body, "**At work.**")
          assert.include(comment?.body, "Session 1, 1 turn.")
          assert.include(comment?.body, "- done: Read @\u200bada's remarks &lt;!-- x -->\n\n- next: Draft a plan")
          yield* second.release
          yield* becomes(issue, "completed")
        })
      )
    }
  )
})
