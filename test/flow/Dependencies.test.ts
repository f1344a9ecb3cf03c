import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TaskDetail } from "../../src/operator/api/Tasks.ts"
import { textOf } from "../../src/domain/Comment.ts"
import { EvenRandom } from "../harness/EvenRandom.ts"
import { eventually } from "../harness/Eventually.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { operatorView } from "../harness/OperatorView.ts"
import { SECRET } from "../harness/TestSettings.ts"
import { makeWire } from "../harness/Wire.ts"

const LIMIT = 60_000
const wire = makeWire()
const server = harness().pipe(Layer.provide([wire.layer, EvenRandom]))

/** Two issues, the first of which is assigned while it depends on the second. */
const depending = Effect.fnUntraced(function* (repository: string, events: ReadonlyArray<string>) {
  const it = yield* flow
  const { claude, gitea, webhook } = it
  yield* gitea.createRepository(repository)
  yield* gitea.setHooks(repository, [{ url: webhook, secret: SECRET, active: true, events }])
  const draft = { repository, title: "Slow search", body: "" }
  const issue = yield* gitea.openIssue(draft)
  const other = yield* gitea.openIssue({ ...draft, title: "No index" })
  yield* gitea.depend(issue, [other])
  const before = (yield* claude.requests).length
  const paid = Effect.map(claude.requests, (all) =>
    all.slice(before).filter(({ operation }) => operation === "messages")
  )
  const { figure, get } = yield* operatorView
  const path = `/api/tasks/${issue.repository.id}/${issue.number}`
  const shown = Effect.map(get(path, TaskDetail), ({ state, waitsFor }) => ({ state, waitsFor }))
  return { ...it, issue, other, paid, shown, waiting: figure("coordinator_tasks_waiting") }
})

const HOOK = ["issues", "issue_assign"]

describe("An issue that depends on an open one", () => {
  layer(server)((it) => {
    it.effect(
      "waits for it, says so, and is worked when a delivery tells that it was closed",
      () =>
        Effect.gen(function* () {
          const { becomes, gitea, issue, other, paid, progress, said, settled, ...operators } = yield* depending(
            "acme/shop",
            HOOK
          )
          yield* gitea.assign(issue, gitea.bot.login)
          const [shown] = yield* eventually("it says what for", progress(issue), ({ length }) => length === 1)
          assert.strictEqual(
            textOf(shown?.body ?? ""),
            `**Waiting for another issue.**\n\nIt depends on [acme/shop#\u200b2](${gitea.url}/acme/shop/issues/2/), which has to be closed first.`
          )
          yield* wire.pass("12 minutes")
          assert.lengthOf(yield* paid, 0)
          assert.deepStrictEqual(yield* operators.shown, { state: "running", waitsFor: ["acme/shop#2"] })
          assert.strictEqual(yield* operators.waiting, 1)
          yield* gitea.close(other)
          yield* settled
          yield* becomes(issue, "completed")
          yield* said
          assert.deepStrictEqual(yield* operators.shown, { state: "completed", waitsFor: [] })
          yield* wire.pass("2 seconds")
          assert.strictEqual(yield* operators.waiting, 0)
          assert.isAbove((yield* paid).length, 0)
          assert.lengthOf(yield* progress(issue), 1)
        }),
      LIMIT
    )

    it.effect(
      "is worked at the interval where nothing tells of it, or when the dependency was taken away",
      () =>
        Effect.gen(function* () {
          const { becomes, gitea, issue, progress } = yield* depending("acme/unheard", HOOK)
          yield* gitea.assign(issue, gitea.bot.login)
          yield* eventually("it says what for", progress(issue), ({ length }) => length === 1)
          yield* gitea.depend(issue, [])
          yield* wire.pass("6 minutes")
          yield* becomes(issue, "completed")
        }),
      LIMIT
    )

    it.effect(
      "is worked at once where it is closed, where the repository has no dependencies, and where nobody tells whether it is open",
      () =>
        Effect.gen(function* () {
          const closed = yield* depending("acme/closed", HOOK)
          yield* closed.gitea.close(closed.other)
          yield* closed.gitea.assign(closed.issue, closed.gitea.bot.login)
          yield* closed.becomes(closed.issue, "completed")

          const off = yield* depending("acme/off", HOOK)
          yield* off.gitea.behave({ hasDependencies: false })
          yield* off.gitea.assign(off.issue, off.gitea.bot.login)
          yield* off.becomes(off.issue, "completed")
          yield* off.gitea.behave({ hasDependencies: true })

          const hidden = yield* depending("acme/hidden", HOOK)
          yield* hidden.gitea.createRepository("acme/secret")
          const secret = yield* hidden.gitea.openIssue({ repository: "acme/secret", title: "Secret", body: "" })
          yield* hidden.gitea.depend(hidden.issue, [secret])
          yield* hidden.gitea.hide("acme/secret")
          yield* hidden.gitea.withdraw("acme/hidden")
          yield* hidden.gitea.assign(hidden.issue, hidden.gitea.bot.login)
          yield* hidden.becomes(hidden.issue, "completed")
        }),
      LIMIT
    )
  })
})
