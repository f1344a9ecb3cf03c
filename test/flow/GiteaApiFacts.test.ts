import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Gitea } from "../../src/gitea/Gitea.ts"
import { issueEvent, signedDelivery } from "../harness/Deliveries.ts"
import { eventually } from "../harness/Eventually.ts"
import { post, taskIdOfIssue } from "../harness/Flow.ts"
import { call, decodeLabels, DRAFT, facts, MOSAIC, NAME, scene } from "./giteaFacts.ts"

describe("Gitea API facts", () => {
  layer(facts, { excludeTestServices: true })((it) => {
    it.effect("500 on POST to a missing issue: the issue is read before the next try, and there is none", () =>
      Effect.gen(function* () {
        const { bot, gitea, hurry, said, settled, store, task } = yield* scene
        yield* said
        yield* gitea.fail({ match: /POST .*\/comments$/, kind: "status", status: 500 })
        const issue = yield* gitea.openIssue({ ...DRAFT, assignees: [bot] })
        const path = `/repos/${NAME}/issues/${issue.number}/comments`
        const posts = Effect.map(gitea.requests, (all) =>
          all.filter((it) => it.method === "POST" && it.path.endsWith(path)).map(({ status }) => status)
        )
        yield* eventually("the comment is refused", posts, ({ length }) => length > 0)
        yield* gitea.remove(issue)
        assert.strictEqual((yield* call(`/issues/${issue.number}/comments`, { body: "?" })).status, 500)
        yield* settled
        assert.strictEqual((yield* task(issue))?.state, "cancelled")
        const unsaid = store.count("outbox", { state: "pending", taskId: taskIdOfIssue(issue) })
        yield* eventually("nothing is left to say", Effect.andThen(hurry, unsaid), (count) => count === 0)
        assert.deepStrictEqual(yield* posts, [500, 500])
      })
    )

    it.effect("unknown label answered 200: only the list that comes back tells", () =>
      Effect.gen(function* () {
        const { gitea, sent } = yield* scene
        const issue = yield* gitea.openIssue({ ...DRAFT, labels: ["bug"] })
        const { body, status } = yield* call(`/issues/${issue.number}/labels`, { labels: ["no such label"] })
        assert.strictEqual(status, 200)
        assert.deepStrictEqual(decodeLabels(body), [{ name: "bug" }])
        assert.deepStrictEqual(
          (yield* sent).slice(-1).map(({ action, code }) => [action, code]),
          [["label_updated", 200]]
        )
      })
    )

    it.effect("301 on rename: the task stays with the repository's id, and learns the new name", () =>
      Effect.gen(function* () {
        const { bot, gitea, settled, task, transitions } = yield* scene
        const issue = yield* gitea.openIssue({ ...DRAFT, assignees: [bot] })
        yield* settled
        yield* gitea.rename(NAME, "acme/store")
        const moved = yield* Effect.flip((yield* Gitea).issue(NAME, issue.number))
        assert.strictEqual(moved.status, 301)
        const old = issueEvent({
          action: "edited",
          repository: { id: issue.repository.id, fullName: NAME },
          issue: { number: issue.number, assignees: [MOSAIC] }
        })
        yield* post(signedDelivery(old))
        yield* eventually("the new name is known", task(issue), (it) => it?.fullName === "acme/store")
        assert.deepStrictEqual(yield* transitions(issue), ["ready"])
      })
    )
  })
})
