import { assert, describe, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { readFile } from "node:fs/promises"
import { FullName } from "../../src/domain/Repository.ts"
import type { Repository } from "../../src/domain/Repository.ts"
import type { User } from "../../src/domain/User.ts"
import type { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { issueEvent, signedDelivery } from "../harness/Deliveries.ts"
import { flow, post } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"

const SHOP: Repository = { id: 1, fullName: FullName.make("acme/shop") }
const MOSAIC: User = { id: 1, login: "mosaic" }
const ASSIGNED = { repository: SHOP, number: 1, id: 1 }

/** The issue is there and is the bot's, but neither a hook nor the look at start tells of it. */
const unnoticed = (gitea: SandboxGitea["Service"]) =>
  Effect.all([
    gitea.createRepository(SHOP.fullName),
    gitea.openIssue({ repository: SHOP.fullName, title: "Slow search", body: "", assignees: [MOSAIC.login] }),
    gitea.fail({ match: /issues\/search$/, kind: "status", status: 403 })
  ])

const event = (overrides: Parameters<typeof issueEvent>[0] = {}) =>
  issueEvent({ repository: SHOP, ...overrides, issue: { number: 1, assignees: [MOSAIC], ...overrides.issue } })

const reasonOf = ({ body }: { readonly body: unknown }) =>
  Schema.decodeUnknownSync(Schema.Struct({ reason: Schema.String }))(body).reason

describe("Intake", () => {
  layer(harness({ before: unnoticed, settings: { repositories: ["acme/*"] } }), { excludeTestServices: true })((it) => {
    it.effect("ignores pull requests, other events, other actions and repositories that may not ask", () =>
      Effect.gen(function* () {
        const { store } = yield* flow
        const pullRequest = yield* Effect.promise(() =>
          readFile(new URL("../fixtures/gitea/pull_request-assigned.json", import.meta.url), "utf8")
        )
        const answers = yield* Effect.forEach(
          [
            signedDelivery(pullRequest, { event: "pull_request" }),
            signedDelivery(event({ issue: { pullRequest: { merged: false } } })),
            signedDelivery('{"ref":"refs/heads/main"}', { event: "push" }),
            signedDelivery('{"action":"milestoned"}'),
            signedDelivery(issueEvent({ issue: { assignees: [MOSAIC] } }))
          ],
          post
        )
        assert.deepStrictEqual(answers.map(reasonOf), [
          "pull requests are not handled",
          "pull requests are not handled",
          "event push is not handled",
          "action milestoned is not handled",
          "repository is not in GITEA_REPOSITORIES"
        ])
        assert.strictEqual(yield* store.count("tasks"), 0)
      })
    )

    it.effect("takes `opened` with the bot among the assignees for the assignment that got lost", () =>
      Effect.gen(function* () {
        const { becomes } = yield* flow
        const { body } = yield* post(signedDelivery(event({ action: "opened" })))
        assert.deepInclude(body, { status: "accepted", task: "1/1" })
        yield* becomes(ASSIGNED, "completed")
      })
    )
  })
})
