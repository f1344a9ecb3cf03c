import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { readFile } from "node:fs/promises"
import { Gitea } from "../../src/gitea/Gitea.ts"
import { issueEvent, signedDelivery } from "../harness/Deliveries.ts"
import { eventually } from "../harness/Eventually.ts"
import { post, taskIdOfIssue } from "../harness/Flow.ts"
import { SECRET } from "../harness/TestSettings.ts"
import { decodeAnswer, DRAFT, facts, MOSAIC, NAME, scene, statusOf } from "./giteaFacts.ts"

describe("Gitea facts", () => {
  layer(facts, { excludeTestServices: true })((it) => {
    it.effect("empty digest: a hook without a secret sends an empty signature, which is refused with the reason", () =>
      Effect.gen(function* () {
        const { gitea, sent, webhook } = yield* scene
        yield* gitea.addHook({ url: webhook, secret: "" })
        yield* gitea.openIssue(DRAFT)
        const [signed, unsigned] = yield* sent
        assert.deepStrictEqual([signed?.code, unsigned?.code], [200, 401])
        assert.include(unsigned?.answer, "X-Gitea-Signature is empty: give the hook a secret")
      })
    )
  })

  layer(facts, { excludeTestServices: true })((it) => {
    it.effect("form signs the decoded payload: the same event as JSON and as a form is one body", () =>
      Effect.gen(function* () {
        const { bot, gitea, sent, store, webhook } = yield* scene
        yield* gitea.addHook({ url: webhook, secret: SECRET, contentType: "form" })
        yield* gitea.openIssue({ ...DRAFT, title: "Größe < 5 & mehr: 100 %+", assignees: [bot] })
        const all = yield* sent
        assert.deepStrictEqual(
          all.map((it) => [it.action, it.code, statusOf(it)]),
          [
            ["assigned", 200, "accepted"],
            ["assigned", 200, "duplicate"],
            ["opened", 200, "accepted"],
            ["opened", 200, "duplicate"]
          ]
        )
        assert.strictEqual(new Set(yield* store.column("deliveries", "bodyHash", { event: "issues" })).size, 2)
      })
    )
  })

  layer(facts, { excludeTestServices: true })((it) => {
    it.effect("new id on replay: the body tells a replay, and the issue is looked at again all the same", () =>
      Effect.gen(function* () {
        const { bot, gitea, sent, settled } = yield* scene
        const issue = yield* gitea.openIssue(DRAFT)
        yield* gitea.assign(issue, bot)
        const assigned = (yield* sent).find(({ action }) => action === "assigned")
        assert.isDefined(assigned)
        const asked = (yield* gitea.requests).length
        yield* gitea.replay(assigned.id)
        yield* settled
        const again = (yield* sent).at(-1)
        assert.isDefined(again)
        assert.notStrictEqual(again.id, assigned.id)
        assert.strictEqual(statusOf(again), "duplicate")
        const reads = (yield* gitea.requests).slice(asked).map(({ path }) => path)
        assert.include(reads, `/api/v1/repos/${NAME}/issues/${issue.number}`)
      })
    )

    it.effect("null assignees: nobody assigned is null, in hooks and in the API", () =>
      Effect.gen(function* () {
        const { bot, gitea, payload, sent, settled, task } = yield* scene
        const issue = yield* gitea.openIssue({ ...DRAFT, assignees: [bot] })
        yield* settled
        yield* gitea.unassign(issue, bot)
        const unassigned = (yield* sent).at(-1)
        assert.isDefined(unassigned)
        assert.isNull((yield* payload(unassigned.id)).issue.assignees)
        assert.strictEqual(unassigned.code, 200)
        assert.deepStrictEqual((yield* (yield* Gitea).issue(NAME, issue.number)).assignees, [])
        assert.strictEqual((yield* task(issue))?.state, "cancelled")
      })
    )

    it.effect("assigned before opened: both concern one task", () =>
      Effect.gen(function* () {
        const { bot, gitea, sent, transitions } = yield* scene
        const issue = yield* gitea.openIssue({ ...DRAFT, assignees: [bot] })
        assert.deepStrictEqual(
          (yield* sent).map((it) => [it.action, statusOf(it)]),
          [
            ["assigned", "accepted"],
            ["opened", "accepted"]
          ]
        )
        assert.deepStrictEqual(yield* transitions(issue), ["ready"])
      })
    )

    it.effect("opened with assignee: it is an assignment when `assigned` was lost", () =>
      Effect.gen(function* () {
        const { gitea, task } = yield* scene
        yield* eventually("the look at start is over", gitea.requests, (all) =>
          all.some(({ path }) => path.endsWith("/issues/search"))
        )
        yield* gitea.disturb({ seed: 0, drop: 1, duplicate: 0, reorder: 0 })
        const issue = yield* gitea.openIssue({ ...DRAFT, assignees: [MOSAIC.login] })
        yield* gitea.disturb(null)
        assert.isUndefined(yield* task(issue))
        const opened = issueEvent({
          action: "opened",
          repository: { id: issue.repository.id, fullName: NAME },
          issue: { number: issue.number, assignees: [MOSAIC] }
        })
        assert.deepInclude((yield* post(signedDelivery(opened))).body, { status: "accepted" })
        yield* eventually("the task is there", task(issue), (it) => it?.state === "ready")
      })
    )

    it.effect("somebody else's assigned: it names nobody, and gives the bot no new mandate", () =>
      Effect.gen(function* () {
        const { bot, gitea, payload, sent, settled, task, transitions } = yield* scene
        const issue = yield* gitea.openIssue({ ...DRAFT, assignees: [bot] })
        yield* settled
        const before = yield* task(issue)
        yield* gitea.assign(issue, "ada")
        const other = (yield* sent).at(-1)
        assert.isDefined(other)
        assert.deepStrictEqual([other.action, statusOf(other)], ["assigned", "accepted"])
        assert.lengthOf((yield* payload(other.id)).issue.assignees ?? [], 2)
        assert.deepStrictEqual(yield* task(issue), before)
        assert.deepStrictEqual(yield* transitions(issue), ["ready"])
      })
    )

    it.effect("no change list on label_updated: the labels it leads to are read from the issue", () =>
      Effect.gen(function* () {
        const { bot, gitea, payload, sent, store } = yield* scene
        const issue = yield* gitea.openIssue({ ...DRAFT, assignees: [bot] })
        yield* gitea.label(issue, ["Priority/Critical"])
        const labelled = (yield* sent).at(-1)
        assert.isDefined(labelled)
        const { changes, issue: shown } = yield* payload(labelled.id)
        assert.strictEqual(labelled.action, "label_updated")
        assert.isUndefined(changes)
        assert.deepStrictEqual(shown.labels, [{ name: "Priority/Critical" }])
        assert.deepStrictEqual(yield* store.column("tasks", "priority", { id: taskIdOfIssue(issue) }), [0])
      })
    )

    it.effect("own events: what the bot does itself comes back, and is ignored", () =>
      Effect.gen(function* () {
        const { bot, gitea, task, told } = yield* scene
        const issue = yield* gitea.openIssue(DRAFT)
        yield* gitea.assign(issue, bot, bot)
        yield* gitea.comment(issue, "On it", bot)
        const reasons = (yield* told).map(({ action, answer }) => [action, decodeAnswer(answer).reason])
        assert.deepInclude(reasons, ["assigned", "the bot's own action"])
        assert.deepInclude(reasons, ["created", "the bot's own action"])
        assert.isUndefined(yield* task(issue))
      })
    )

    it.effect("pull request without `issue`: it is ignored for what it is", () =>
      Effect.gen(function* () {
        const text = yield* Effect.promise(() =>
          readFile(new URL("../fixtures/gitea/pull_request-assigned.json", import.meta.url), "utf8")
        )
        assert.notMatch(text, /^ {2}"issue":/m)
        const { body, status } = yield* post(signedDelivery(text, { event: "pull_request" }))
        assert.strictEqual(status, 200)
        assert.deepInclude(body, { status: "ignored", reason: "pull requests are not handled", task: null })
      })
    )

    it.effect("unknown event or action: it is acknowledged and ignored", () =>
      Effect.gen(function* () {
        const answers = yield* Effect.forEach(
          [
            signedDelivery("{}", { event: "workflow_job" }),
            signedDelivery('{"action":"pinned"}'),
            signedDelivery('{"action":"reviewed"}', { event: "pull_request_review" })
          ],
          post
        )
        assert.deepStrictEqual(
          answers.map(({ status }) => status),
          [200, 200, 200]
        )
        assert.deepInclude(answers[0]?.body, { reason: "event workflow_job is not handled" })
        assert.deepInclude(answers[1]?.body, { reason: "action pinned is not handled" })
        assert.deepInclude(answers[2]?.body, { reason: "event pull_request_review is not handled" })
      })
    )
  })
})
