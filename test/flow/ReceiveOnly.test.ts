import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { IssueAction } from "../../src/domain/GiteaEvent.ts"
import type { Issue } from "../../src/domain/Issue.ts"
import { FullName } from "../../src/domain/Repository.ts"
import { issueEvent, signedDelivery } from "../harness/Deliveries.ts"
import { flow, post, taskIdOfIssue } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"

const DRAFT = { repository: "acme/shop", title: "Slow search", body: "It takes 9 s." }

const scene = Effect.map(flow, (it) => ({ ...it, bot: it.gitea.bot.login }))

/** An issue that is the bot's in what is sent of it, at a minute of its own time, and the hook told of when it was opened. */
const told = Effect.gen(function* () {
  const it = yield* scene
  const opened = yield* it.gitea.openIssue(DRAFT)
  yield* it.settled
  const repository = { id: opened.repository.id, fullName: FullName.make(opened.repository.fullName) }
  const bot = { id: it.gitea.bot.id, login: it.gitea.bot.login }
  const at = (minute: number, action: IssueAction, overrides: Partial<Issue> = {}) =>
    Effect.suspend(() => {
      const times = { updatedAt: `2026-05-01T10:0${minute}:00Z` }
      const issue = { number: opened.number, assignees: [bot], ...times, ...overrides }
      return post(signedDelivery(issueEvent({ action, repository, issue })))
    })
  return { ...it, issue: opened, at }
})

describe("Receive-only", () => {
  layer(harness({ settings: { giteaToken: null }, before: (gitea) => gitea.createRepository(DRAFT.repository) }), {
    excludeTestServices: true
  })((it) => {
    it.effect("keeps a task from the payload, under the delivery as its mandate", () =>
      Effect.gen(function* () {
        const { bot, gitea, settled, store, task } = yield* scene
        const issue = yield* gitea.openIssue({ ...DRAFT, labels: ["Priority/High"], assignees: [bot] })
        yield* settled
        assert.strictEqual((yield* task(issue))?.state, "ready")
        const id = taskIdOfIssue(issue)
        const [row] = yield* store.read("tasks", ["title", "priority", "mandateSource", "mandateId"], { id })
        const told = yield* store.column("deliveries", "seq", { action: ["assigned", "opened"], taskId: id })
        assert.deepStrictEqual(row, {
          title: DRAFT.title,
          priority: 1,
          mandateSource: "delivery",
          mandateId: told.at(-1) ?? null
        })
      })
    )

    it.effect("follows the payloads: cancelled when taken or closed, ready again when given or reopened", () =>
      Effect.gen(function* () {
        const { bot, gitea, settled, task, transitions } = yield* scene
        const issue = yield* gitea.openIssue({ ...DRAFT, assignees: [bot] })
        yield* gitea.unassign(issue, bot)
        yield* gitea.assign(issue, bot)
        yield* gitea.close(issue)
        yield* gitea.reopen(issue)
        yield* gitea.remove(issue)
        yield* settled
        assert.deepStrictEqual(yield* transitions(issue), [
          "ready",
          "cancelled",
          "ready",
          "cancelled",
          "ready",
          "cancelled"
        ])
        assert.strictEqual((yield* task(issue))?.cause, "the issue no longer exists")
      })
    )

    it.effect("keeps the mandate over an edit and over somebody else's assignment", () =>
      Effect.gen(function* () {
        const { bot, gitea, settled, task, transitions } = yield* scene
        const issue = yield* gitea.openIssue({ ...DRAFT, assignees: [bot] })
        yield* gitea.edit(issue, { title: "Slower search" })
        yield* gitea.assign(issue, "ada")
        yield* settled
        assert.deepStrictEqual(yield* transitions(issue), ["ready"])
        assert.strictEqual((yield* task(issue))?.generation, 1)
      })
    )

    it.effect(
      "takes a replay for nothing new, unless another delivery of the issue came between in the same second",
      () =>
        Effect.gen(function* () {
          const { at, issue, settled, statuses, transitions } = yield* told
          const assigned = at(1, "assigned")
          yield* assigned
          yield* settled
          yield* assigned
          yield* settled
          assert.deepStrictEqual(yield* statuses(issue), ["ignored", "done", "duplicate"])
          yield* at(1, "unassigned", { assignees: [] })
          yield* assigned
          yield* settled
          assert.deepStrictEqual(yield* statuses(issue), ["ignored", "done", "duplicate", "done", "done"])
          assert.deepStrictEqual(yield* transitions(issue), ["ready", "cancelled", "ready"])
        })
    )

    it.effect.each(["closed", "unassigned"] as const)(
      "takes an assignment that is told of late for nothing new, when the issue was %s after it",
      (action) =>
        Effect.gen(function* () {
          const { at, issue, settled, task, transitions } = yield* told
          yield* at(1, "assigned")
          yield* at(5, action, action === "closed" ? { state: "closed" } : { assignees: [] })
          yield* settled
          yield* at(3, "assigned")
          yield* settled
          assert.deepStrictEqual(yield* transitions(issue), ["ready", "cancelled"])
          yield* at(6, action === "closed" ? "reopened" : "assigned")
          yield* settled
          assert.strictEqual((yield* task(issue))?.state, "ready")
        })
    )

    it.effect("starts nothing and calls nobody", () =>
      Effect.gen(function* () {
        const { claude, gitea, settled, store } = yield* scene
        yield* settled
        assert.isEmpty(yield* gitea.requests)
        assert.isEmpty(yield* claude.requests)
        assert.strictEqual(yield* store.count("transitions", { to: "running" }), 0)
      })
    )
  })
})
