import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { readFile } from "node:fs/promises"
import { asForm, signedDelivery } from "../harness/Deliveries.ts"
import { settings } from "../harness/TestSettings.ts"
import { TestInbox } from "../harness/TestInbox.ts"
import { releases } from "./releases.ts"
import { answerTo } from "./support.ts"

const stored = TestInbox.pipe(Layer.provideMerge(settings()))

const fixture = (name: string) =>
  Effect.promise(() => readFile(new URL(`../fixtures/gitea/${name}.json`, import.meta.url), "utf8"))

const FIXTURES: ReadonlyArray<readonly [name: string, event: string]> = [
  ["issues-assigned", "issues"],
  ["issues-assigned-second-assignee", "issues"],
  ["issues-unassigned", "issues"],
  ["issues-opened", "issues"],
  ["issues-edited", "issues"],
  ["issues-label_updated", "issues"],
  ["issues-closed", "issues"],
  ["issues-reopened", "issues"],
  ["issue_comment-created", "issue_comment"],
  ["pull_request-assigned", "pull_request"],
  ["push", "push"]
]

/** The answer to a fixture as a release sends it, in a store of its own. */
const answer = Effect.fnUntraced(function* (name: string, event: string, change: (text: string) => string) {
  const delivery = signedDelivery(change(yield* fixture(name)), { event, id: "the-same" })
  return yield* Effect.all([
    answerTo(delivery).pipe(Effect.provide(stored)),
    answerTo(asForm(delivery)).pipe(Effect.provide(stored))
  ])
})

describe("Webhook of", () => {
  it.effect.each(Object.entries(releases))("%s is understood, as JSON and as a form", ([, change]) =>
    Effect.gen(function* () {
      const wanted = yield* Effect.forEach(FIXTURES, ([name, event]) => answer(name, event, (text) => text))
      const got = yield* Effect.forEach(FIXTURES, ([name, event]) => answer(name, event, change))
      assert.deepStrictEqual(got, wanted)
      assert.isTrue(got.flat().every(({ status }) => status === 200))
    })
  )

  it.effect("every release differs from the others", () =>
    Effect.gen(function* () {
      const text = yield* fixture("issues-edited")
      const all = Object.entries(releases).map(([name, change]) => [name, change(text)] as const)
      assert.strictEqual(new Set(all.map(([, changed]) => changed)).size, all.length)
      const lacking = (field: string) =>
        all.filter(([, changed]) => !changed.includes(`"${field}"`)).map(([name]) => name)
      assert.deepStrictEqual(lacking("time_estimate"), ["Gitea 1.24", "Forgejo"])
      assert.deepStrictEqual(lacking("added_labels"), ["Gitea 1.24", "Forgejo"])
      assert.deepStrictEqual(lacking("licenses"), ["Forgejo"])
    })
  )

  it.effect.each([
    ["Forgejo's actions", "action_run_failure", `{"action":"failure"}`, "event action_run_failure is not handled"],
    ["workflow jobs", "workflow_job", `{"action":"queued"}`, "event workflow_job is not handled"],
    ["milestones", "issues", `{"action":"demilestoned"}`, "action demilestoned is not handled"],
    [
      "a kind that is not known yet",
      "issues",
      `{"action":"transferred","issue":7}`,
      "action transferred is not handled"
    ]
  ] as const)("%s are ignored, whatever their shape", ([, event, body, reason]) =>
    Effect.gen(function* () {
      const { body: said, status } = yield* answerTo(signedDelivery(body, { event }))
      assert.strictEqual(status, 200)
      assert.deepInclude(said, { status: "ignored", reason })
    }).pipe(Effect.provide(stored))
  )
})
