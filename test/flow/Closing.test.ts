import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { reportKey } from "../../src/outbox/Outbox.ts"
import { eventually } from "../harness/Eventually.ts"
import { flow, taskIdOfIssue } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { heldTurn } from "./heldTurn.ts"

const DRAFT = { repository: "acme/shop", title: "Slow search", body: "It takes 9 s." }
const FORBIDDEN = { match: /POST .*\/comments$/, kind: "status", status: 403 } as const

/** What the refusal of its comments is seen by, too. */
const scene = Effect.gen(function* () {
  const it = yield* heldTurn(DRAFT)
  const { gitea, issue } = it
  const refused = (all: ReadonlyArray<{ readonly status: number; readonly path: string }>) =>
    all.some(({ path, status }) => status === FORBIDDEN.status && path.endsWith(`/${issue.number}/comments`))
  return { ...it, refused: eventually("a comment is refused", gitea.requests, refused) }
})

/** With its progress comment in place. */
const lastTurn = Effect.tap(scene, ({ said }) => said)

describe("Closing", () => {
  layer(harness({ before: (gitea) => gitea.createRepository(DRAFT.repository) }), { excludeTestServices: true })(
    (it) => {
      it.effect("beats finishing: no report, and the progress comment says that it stopped", () =>
        Effect.gen(function* () {
          const { becomes, gitea, issue, progress, report, said, settled, turn } = yield* lastTurn
          yield* gitea.close(issue)
          yield* settled
          yield* turn.release
          yield* becomes(issue, "cancelled")
          yield* said
          const [comment] = yield* progress(issue)
          assert.include(comment?.body, "**Stopped.**")
          assert.include(comment?.body, "the issue was closed")
          assert.isEmpty(yield* report(issue))
        })
      )

      it.effect("beats finishing also when only the assignment is taken away", () =>
        Effect.gen(function* () {
          const { becomes, gitea, issue, progress, report, said, settled, turn } = yield* lastTurn
          yield* gitea.unassign(issue, gitea.bot.login)
          yield* settled
          yield* turn.release
          yield* becomes(issue, "cancelled")
          yield* said
          const [comment] = yield* progress(issue)
          assert.include(comment?.body, "the issue is no longer assigned to the bot")
          assert.isEmpty(yield* report(issue))
        })
      )

      it.effect("beats a report that waits, and the progress comment says so", () =>
        Effect.gen(function* () {
          const { answers, gitea, issue, progress, refused, report, said, store, turn } = yield* lastTurn
          yield* gitea.fail(FORBIDDEN)
          yield* turn.release
          yield* answers(issue)
          yield* refused
          yield* gitea.close(issue)
          yield* said
          assert.isEmpty(yield* report(issue))
          assert.deepStrictEqual(
            yield* store.read("outbox", ["state", "reason"], { key: reportKey(taskIdOfIssue(issue), 1) }),
            [{ state: "dropped", reason: "the issue is closed" }]
          )
          const [comment] = yield* progress(issue)
          assert.include(comment?.body, "**Stopped.**")
        })
      )

      it.effect("after the report leaves the progress comment to say that the work is done", () =>
        Effect.gen(function* () {
          const { becomes, gitea, issue, progress, report, said, turn } = yield* lastTurn
          // The edit waits, as it often does: a comment is edited every ten seconds at most.
          yield* gitea.fail({ ...FORBIDDEN, match: /^PATCH / })
          yield* turn.release
          yield* becomes(issue, "completed")
          const over = Effect.all({ reports: report(issue), requests: gitea.requests })
          yield* eventually(
            "the report is there and the edit is not",
            over,
            ({ reports, requests }) =>
              reports.length === 1 && requests.some(({ method, status }) => method === "PATCH" && status === 403)
          )
          yield* gitea.close(issue)
          yield* said
          const [comment] = yield* progress(issue)
          assert.include(comment?.body, "**Done.")
        })
      )

      it.effect("before anything was said is answered with silence", () =>
        Effect.gen(function* () {
          yield* (yield* flow).gitea.fail(FORBIDDEN)
          const { becomes, gitea, issue, refused, said, settled, store, turn } = yield* scene
          yield* refused
          yield* gitea.close(issue)
          yield* settled
          yield* turn.release
          yield* becomes(issue, "cancelled")
          yield* said
          assert.isEmpty(yield* gitea.comments(issue))
          const states = yield* store.column("outbox", "state", { taskId: taskIdOfIssue(issue) })
          assert.deepStrictEqual(states, ["dropped"])
        })
      )

      it.effect("by deletion is told to nobody", () =>
        Effect.gen(function* () {
          const { becomes, gitea, issue, said, settled, turn } = yield* lastTurn
          const writes = Effect.map(gitea.requests, (all) => all.filter(({ method }) => method !== "GET").length)
          const before = yield* writes
          yield* gitea.remove(issue)
          yield* settled
          yield* turn.release
          assert.strictEqual((yield* becomes(issue, "cancelled"))?.cause, "the issue no longer exists")
          yield* said
          assert.strictEqual(yield* writes, before)
        })
      )
    }
  )
})
