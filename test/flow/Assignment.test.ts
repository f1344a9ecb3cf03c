import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { eventually } from "../harness/Eventually.ts"
import { flow, gatedGitea, taskIdOfIssue } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"

const DRAFT = { repository: "acme/shop", title: "Slow search", body: "It takes 9 s." }

const gate = gatedGitea()

const scene = Effect.map(flow, (it) => ({
  ...it,
  bot: it.gitea.bot.login,
  assigned: it.gitea.openIssue({ ...DRAFT, assignees: [it.gitea.bot.login] })
}))

describe("Assignment", () => {
  layer(harness({ gitea: gate.layer, before: (gitea) => gitea.createRepository(DRAFT.repository) }), {
    excludeTestServices: true
  })((it) => {
    it.effect("that is given, taken and given again before anybody looks is one piece of work", () =>
      Effect.gen(function* () {
        const { becomes, bot, gitea, report, said, settled, statuses, store, transitions } = yield* scene
        const issue = yield* gitea.openIssue(DRAFT)
        yield* gitea.drained
        yield* gate.before.close
        yield* gitea.assign(issue, bot)
        yield* gitea.unassign(issue, bot)
        yield* gitea.assign(issue, bot)
        yield* gitea.drained
        yield* gate.before.open
        yield* settled
        const task = yield* becomes(issue, "completed")
        yield* said
        assert.deepStrictEqual(yield* transitions(issue), ["ready", "running", "answered", "completed"])
        assert.strictEqual(task?.generation, 1)
        assert.lengthOf(yield* report(issue), 1)
        const hashes = yield* store.column("deliveries", "bodyHash", { taskId: taskIdOfIssue(issue) })
        // Within one second both bodies are the same, and the second counts as a replay that is looked at all the same.
        const replayed = hashes[1] === hashes[3]
        assert.deepStrictEqual(yield* statuses(issue), ["ignored", "done", "done", replayed ? "duplicate" : "done"])
      })
    )

    it.effect("that is taken and given again under a held turn is worked to its end", () =>
      Effect.gen(function* () {
        const { becomes, bot, claude, gitea, settled, assigned, task, transitions } = yield* scene
        const turn = yield* claude.hold("messages")
        const issue = yield* assigned
        yield* turn.arrived
        yield* settled
        const { mandateId } = (yield* task(issue)) ?? {}
        yield* gitea.unassign(issue, bot)
        yield* gitea.assign(issue, bot)
        yield* settled
        yield* turn.release
        yield* becomes(issue, "completed")
        assert.deepStrictEqual((yield* transitions(issue)).slice(-3), ["running", "answered", "completed"])
        assert.isAbove((yield* task(issue))?.mandateId ?? 0, mandateId ?? Infinity)
      })
    )

    it.effect("is looked at once at a time: a slow look is applied before the next begins", () =>
      Effect.gen(function* () {
        const { becomes, bot, gitea, settled, assigned, transitions } = yield* scene
        yield* gate.after.close
        const issue = yield* assigned
        const reads = Effect.map(gitea.requests, (all) =>
          all.filter(({ path }) => path.endsWith(`/issues/${issue.number}`))
        )
        yield* eventually("the first look has read the issue", reads, ({ length }) => length > 0)
        yield* gitea.unassign(issue, bot)
        yield* gitea.drained
        assert.lengthOf(yield* reads, 1)
        yield* gate.after.open
        yield* settled
        yield* becomes(issue, "cancelled")
        const [first] = yield* transitions(issue)
        assert.strictEqual(first, "ready", "the first look still saw the assignment")
      })
    )

    it.effect("is work again when the issue is reopened, in the same progress comment", () =>
      Effect.gen(function* () {
        const { assigned, becomes, claude, gitea, progress, report, said, settled, transitions } = yield* scene
        const turn = yield* claude.hold("messages")
        const issue = yield* assigned
        yield* turn.arrived
        yield* said
        const [comment] = yield* progress(issue)
        yield* gitea.close(issue)
        yield* becomes(issue, "cancelled")
        yield* settled
        yield* gitea.reopen(issue)
        const task = yield* becomes(issue, "completed")
        yield* said
        assert.strictEqual(task?.generation, 2)
        assert.deepStrictEqual(yield* transitions(issue), [
          "ready",
          "running",
          "cancelled",
          "ready",
          "running",
          "answered",
          "completed"
        ])
        assert.deepStrictEqual(
          (yield* progress(issue)).map(({ id }) => id),
          [comment?.id]
        )
        assert.lengthOf(yield* report(issue, 1), 0)
        assert.lengthOf(yield* report(issue, 2), 1)
      })
    )

    it.effect("after completion starts new sessions and a second report under the same progress comment", () =>
      Effect.gen(function* () {
        const { assigned, becomes, bot, gitea, progress, report, said, settled, store } = yield* scene
        const issue = yield* assigned
        yield* becomes(issue, "completed")
        yield* said
        yield* gitea.unassign(issue, bot)
        yield* settled
        assert.strictEqual((yield* becomes(issue, "completed"))?.generation, 1)
        yield* gitea.assign(issue, bot)
        yield* settled
        assert.strictEqual((yield* becomes(issue, "completed"))?.generation, 2)
        yield* said
        const generations = yield* store.column("sessions", "generation", { taskId: taskIdOfIssue(issue) })
        assert.deepStrictEqual(generations, [1, 2])
        assert.lengthOf(yield* progress(issue), 1)
        assert.lengthOf(yield* report(issue, 1), 1)
        assert.lengthOf(yield* report(issue, 2), 1)
      })
    )

    it.effect("sent again after the issue was closed restarts nothing", () =>
      Effect.gen(function* () {
        const { assigned, becomes, gitea, settled, statuses, transitions } = yield* scene
        const sent = (yield* gitea.deliveries).length
        const issue = yield* assigned
        yield* becomes(issue, "completed")
        yield* gitea.close(issue)
        yield* settled
        const old = (yield* gitea.deliveries).slice(sent).find(({ action }) => action === "assigned")
        assert.isDefined(old)
        yield* gitea.replay(old.id)
        yield* settled
        assert.deepStrictEqual(yield* transitions(issue), ["ready", "running", "answered", "completed"])
        assert.strictEqual((yield* statuses(issue)).at(-1), "duplicate")
      })
    )

    it.effect("by the bot itself starts nothing, also when somebody else then changes the issue", () =>
      Effect.gen(function* () {
        const { bot, gitea, settled, statuses, task } = yield* scene
        const issue = yield* gitea.openIssue(DRAFT)
        yield* gitea.assign(issue, bot, bot)
        yield* gitea.comment(issue, "On my way.", bot)
        yield* settled
        assert.deepStrictEqual(yield* statuses(issue), ["ignored", "ignored"])
        yield* gitea.edit(issue, { body: "It takes 12 s." })
        yield* settled
        assert.deepStrictEqual((yield* statuses(issue)).at(-1), "done")
        assert.isUndefined(yield* task(issue))
      })
    )

    it.effect("of somebody else is not the bot's business, until the bot is assigned too", () =>
      Effect.gen(function* () {
        const { becomes, bot, gitea, settled, statuses, task } = yield* scene
        const issue = yield* gitea.openIssue({ ...DRAFT, assignees: ["ada"] })
        yield* gitea.label(issue, ["bug"])
        yield* settled
        assert.deepStrictEqual(yield* statuses(issue), ["ignored", "ignored", "ignored"])
        assert.isUndefined(yield* task(issue))
        yield* gitea.assign(issue, bot)
        const { mandateId } = (yield* becomes(issue, "completed")) ?? {}
        yield* gitea.unassign(issue, "ada")
        yield* gitea.assign(issue, "grace")
        yield* settled
        assert.strictEqual((yield* task(issue))?.mandateId, mandateId)
      })
    )
  })

  const early = {
    repository: { id: 1, fullName: DRAFT.repository },
    number: 1,
    id: 1
  }
  const opened = (gitea: SandboxGitea["Service"]) =>
    Effect.andThen(
      gitea.createRepository(DRAFT.repository),
      gitea.openIssue({ ...DRAFT, assignees: [gitea.bot.login] })
    )

  layer(harness({ before: opened }), { excludeTestServices: true })((it) => {
    it.effect("that was made while nobody listened is found by the look at start", () =>
      Effect.gen(function* () {
        const { becomes, gitea, report, said } = yield* flow
        yield* becomes(early, "completed")
        yield* said
        assert.lengthOf(yield* report(early), 1)
        assert.notInclude(
          (yield* gitea.deliveries).map(({ event }) => event),
          "issues"
        )
      })
    )
  })
})
