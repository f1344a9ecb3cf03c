import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { flow, taskIdOfIssue } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"

const DRAFT = { repository: "acme/shop", title: "Slow search", body: "It takes 9 s." }

const scene = Effect.map(flow, (it) => ({ ...it, bot: it.gitea.bot.login }))

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

    it.effect("takes a replay for nothing new, unless another delivery of the issue came between", () =>
      Effect.gen(function* () {
        const { bot, gitea, settled, statuses, transitions } = yield* scene
        const issue = yield* gitea.openIssue(DRAFT)
        yield* gitea.assign(issue, bot)
        yield* settled
        const assigned = (yield* gitea.deliveries).at(-1)
        assert.isDefined(assigned)
        yield* gitea.replay(assigned.id)
        yield* settled
        assert.deepStrictEqual(yield* statuses(issue), ["ignored", "done", "duplicate"])
        yield* gitea.unassign(issue, bot)
        yield* gitea.replay(assigned.id)
        yield* settled
        assert.deepStrictEqual(yield* statuses(issue), ["ignored", "done", "duplicate", "done", "done"])
        assert.deepStrictEqual(yield* transitions(issue), ["ready", "cancelled", "ready"])
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
