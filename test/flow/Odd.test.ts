import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Readiness } from "../../src/operator/Readiness.ts"
import { progressKey } from "../../src/outbox/Outbox.ts"
import { flow, taskIdOfIssue } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { UNSENT } from "../harness/StoreBuilder.ts"
import { atWork, gatedServer } from "./atWork.ts"

const NAME = "acme/shop"
const DRAFT = { repository: NAME, title: "Slow search", body: "It takes 9 s." }
const OK = { status: "ok" } as const
const PATCH = /^PATCH /
const LIMIT = 60_000

/** An issue that a comment on another one named, and that comment deleted: a null in its timeline. */
const nulled = Effect.gen(function* () {
  const { gitea } = yield* flow
  const named = yield* gitea.openIssue(DRAFT)
  const other = yield* gitea.openIssue({ ...DRAFT, title: "Another" })
  const refer = Effect.gen(function* () {
    yield* gitea.comment(other, `see #${named.number}`, "eve")
    const [comment] = (yield* gitea.comments(other)).slice(-1)
    assert.isDefined(comment)
    yield* gitea.deleteComment(comment.id)
  })
  return { named, refer }
})

const server = harness({ before: (gitea) => gitea.createRepository(NAME) })

describe("An odd answer of Gitea's", () => {
  layer(server, { excludeTestServices: true })((it) => {
    it.effect("keeps nobody from a task: a null where a comment that named the issue was deleted", () =>
      Effect.gen(function* () {
        const { becomes, gitea, report, said } = yield* flow
        const { named, refer } = yield* nulled
        yield* refer
        yield* gitea.assign(named, gitea.bot.login, "ada")
        yield* becomes(named, "completed")
        yield* said
        assert.lengthOf(yield* report(named), 1)
        assert.deepInclude((yield* (yield* Readiness).report).components, { gitea: OK })
      })
    )

    it.effect("keeps no answer back: the null comes about during the run", () =>
      Effect.gen(function* () {
        const { becomes, claude, gitea, report, said } = yield* flow
        const { named, refer } = yield* nulled
        const turn = yield* claude.hold("messages")
        yield* gitea.assign(named, gitea.bot.login, "ada")
        yield* turn.arrived
        yield* refer
        yield* turn.release
        yield* becomes(named, "completed")
        yield* said
        assert.lengthOf(yield* report(named), 1)
      })
    )

    it.effect("is taken for what it is: an edit that changes nothing is answered without a user, and is done", () =>
      Effect.gen(function* () {
        const { becomes, gitea, progress, said, store } = yield* flow
        const issue = yield* gitea.openIssue({ ...DRAFT, assignees: [gitea.bot.login] })
        yield* becomes(issue, "completed")
        yield* said
        const before = (yield* gitea.requests).length
        yield* store.alter("outbox", UNSENT, { key: progressKey(taskIdOfIssue(issue)) })
        yield* said
        const edits = (yield* gitea.requests).slice(before).filter(({ method }) => PATCH.test(`${method} `))
        assert.deepStrictEqual(
          edits.map(({ status }) => status),
          [200]
        )
        assert.lengthOf(yield* progress(issue), 1)
        assert.deepInclude((yield* (yield* Readiness).report).components, { gitea: OK, outbox: OK })
      })
    )

    it.effect("changes nothing when every timeline begins with a null", () =>
      Effect.gen(function* () {
        const { becomes, gitea, report, said, task } = yield* flow
        yield* gitea.behave({ odd: true })
        const issue = yield* gitea.openIssue({ ...DRAFT, assignees: [gitea.bot.login] })
        yield* becomes(issue, "completed")
        yield* said
        assert.lengthOf(yield* report(issue), 1)
        assert.isNotNull((yield* task(issue))?.mandateId)
      })
    )
  })

  const first = gatedServer()
  layer(first.layer)((it) => {
    it.effect(
      "that cannot be used parks the task it concerns after an hour and says which field, while Gitea is ok",
      () =>
        Effect.gen(function* () {
          const { gitea, readiness, states, views } = yield* atWork(NAME, first)
          const paid = { ...first.turns }
          const issue = '{"number":1,"title":null,"body":"","state":"open","user":{"id":2,"login":"acme"}}'
          yield* gitea.fail({ match: /^GET .*\/issues\/\d+$/, kind: "status", status: 200, body: issue, times: 10_000 })
          yield* first.pass("50 minutes")
          assert.deepStrictEqual(yield* states, ["running", "ready"])
          assert.deepInclude((yield* readiness).components, { gitea: OK })
          yield* first.pass("20 minutes")
          assert.deepStrictEqual(yield* states, ["parked", "parked"])
          for (const task of yield* views) assert.include(task?.cause, "`title` cannot be read")
          assert.deepStrictEqual(first.turns, paid, "nothing was paid for")
        }),
      LIMIT
    )
  })
})
