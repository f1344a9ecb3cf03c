import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Redacted } from "effect"
import { readFile } from "node:fs/promises"
import { asForm, bodyOf, BOT, issueEvent, requestOf, signatureOf, signedDelivery } from "../harness/Deliveries.ts"
import { column } from "../harness/StoreReader.ts"
import { settings } from "../harness/TestSettings.ts"
import { TestInbox } from "../harness/TestInbox.ts"
import { accepting, answerTo, jsonOf, over, send, webhook } from "./support.ts"

const stored = (overrides: Parameters<typeof settings>[0] = {}) =>
  TestInbox.pipe(Layer.provideMerge(settings(overrides)))

const fixture = (name: string) =>
  Effect.promise(() => readFile(new URL(`../fixtures/gitea/${name}`, import.meta.url), "utf8"))

const bodies = column("deliveries", "body")

describe("WebhookRoutes", () => {
  it.effect("stores a signed delivery and answers with its receipt", () =>
    Effect.gen(function* () {
      const delivery = signedDelivery()
      assert.deepStrictEqual(yield* answerTo(delivery), {
        status: 200,
        body: { status: "accepted", delivery: delivery.id, event: "issues", action: "assigned", task: "21/57" }
      })
      assert.strictEqual((yield* bodies)[0], delivery.body)
    }).pipe(Effect.provide(stored()))
  )

  it.effect("answers the same delivery, and the same body under a new id, as duplicates", () =>
    Effect.gen(function* () {
      const post = yield* webhook
      const first = signedDelivery()
      const answers = yield* Effect.forEach([first, first, signedDelivery()], (delivery) =>
        Effect.flatMap(post(requestOf(delivery)), jsonOf)
      )
      assert.deepStrictEqual(
        answers.map((it) => (it as { readonly status: string }).status),
        ["accepted", "duplicate", "duplicate"]
      )
      assert.strictEqual((yield* bodies).length, 2)
    }).pipe(Effect.provide(stored()))
  )

  it.effect("takes a form by the signature of its payload, and stores that", () =>
    Effect.gen(function* () {
      const delivery = signedDelivery()
      const { body } = yield* answerTo(asForm(delivery))
      assert.deepInclude(body, { status: "accepted", delivery: delivery.id, task: "21/57" })
      assert.strictEqual((yield* bodies)[0], delivery.body)
    }).pipe(Effect.provide(stored()))
  )

  it.effect("knows a delivery again after its hook was switched from form to JSON", () =>
    Effect.gen(function* () {
      const post = yield* webhook
      const first = signedDelivery()
      const answers = yield* Effect.forEach([asForm(first), first, asForm(signedDelivery())], (delivery) =>
        Effect.flatMap(post(requestOf(delivery)), jsonOf)
      )
      assert.deepStrictEqual(
        answers.map((it) => (it as { readonly status: string }).status),
        ["accepted", "duplicate", "duplicate"]
      )
    }).pipe(Effect.provide(stored()))
  )

  it.effect("refuses a form whose own bytes were signed, as GitHub does", () =>
    Effect.gen(function* () {
      const form = asForm(signedDelivery())
      const headers = { ...form.headers, "x-gitea-signature": signatureOf(form.body) }
      assert.strictEqual((yield* send({ ...form, headers })).status, 401)
    }).pipe(Effect.provide(stored()))
  )

  it.effect.each([
    ["two payloads", (form: string) => `${form}&${form}`],
    ["a field beside the payload", (form: string) => `${form}&ref=main`],
    ["another field than the payload", (form: string) => form.replace("payload", "body")]
  ] as const)("refuses a form of %s", ([, change]) =>
    Effect.gen(function* () {
      const form = asForm(signedDelivery())
      assert.strictEqual((yield* send({ ...form, body: change(String(form.body)) })).status, 401)
    }).pipe(Effect.provide(stored()))
  )

  it.effect.each([
    ["issues-assigned.json", "issues", "accepted", "21/57", undefined],
    ["issues-assigned-second-assignee.json", "issues", "accepted", "21/57", undefined],
    ["issues-closed.json", "issues", "accepted", "21/57", undefined],
    ["issues-reopened.json", "issues", "accepted", "21/57", undefined],
    ["issues-opened.json", "issues", "ignored", "21/57", "not assigned to the bot, and no task"],
    ["issues-edited.json", "issues", "ignored", "21/57", "not assigned to the bot, and no task"],
    ["issues-label_updated.json", "issues", "ignored", "21/57", "not assigned to the bot, and no task"],
    ["issues-unassigned.json", "issues", "ignored", "21/57", "not assigned to the bot, and no task"],
    ["issue_comment-created.json", "issue_comment", "accepted", "21/57", undefined],
    ["pull_request-assigned.json", "pull_request", "ignored", null, "pull requests are not handled"],
    ["push.json", "push", "ignored", null, "event push is not handled"]
  ] as const)("answers Gitea's %s (event %s): %s", ([name, event, status, task, reason]) =>
    Effect.gen(function* () {
      const { body, status: code } = yield* answerTo(signedDelivery(yield* fixture(name), { event }))
      assert.strictEqual(code, 200)
      assert.deepInclude(body, { status, event, task, ...(reason === undefined ? {} : { reason }) })
    }).pipe(Effect.provide(stored()))
  )

  it.effect("ignores the bot's own actions and other repositories", () =>
    Effect.gen(function* () {
      const own = yield* answerTo(signedDelivery(issueEvent({ sender: BOT })))
      assert.deepInclude(own.body, { status: "ignored", reason: "the bot's own action", task: "21/57" })
    }).pipe(Effect.provide(stored()))
  )

  it.effect("ignores repositories that may not ask for work", () =>
    Effect.gen(function* () {
      const { body } = yield* answerTo(signedDelivery())
      assert.deepInclude(body, { status: "ignored", reason: "repository is not in GITEA_REPOSITORIES" })
    }).pipe(Effect.provide(stored({ repositories: ["acme/*"] })))
  )

  it.effect("accepts the previous secret, upper-case signatures and a charset", () =>
    Effect.gen(function* () {
      const body = bodyOf(issueEvent())
      const headers = [
        { "x-gitea-signature": signatureOf(body, "the one before") },
        { "x-gitea-signature": signatureOf(body).toUpperCase() },
        { "content-type": "application/json; charset=utf-8" },
        { "content-type": `Application/JSON;charset="UTF-8"` }
      ]
      const answers = yield* Effect.forEach(headers, (it) => send(signedDelivery(body, { headers: it })))
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 200]
      )
    }).pipe(Effect.provide(over(accepting, { previousSecret: Redacted.make("the one before") })))
  )

  it.effect("logs one line for a delivery, with its names and nothing of its body or signature", () => {
    const lines: Array<string> = []
    const Lines = Logger.layer([
      Logger.map(Logger.formatJson, (line) => (line.includes("Listening") ? 0 : lines.push(line)))
    ])
    return Effect.gen(function* () {
      const delivery = signedDelivery()
      yield* send(delivery)
      yield* send(signedDelivery("{}", { event: "push" }))
      assert.lengthOf(lines, 1)
      const told = ["Delivery accepted", delivery.id, "issues", "assigned", "21/57", "accepted"]
      told.forEach((word) => assert.include(lines[0], word))
      const kept = ["Footnote", delivery.headers["x-gitea-signature"] ?? "missing"]
      kept.forEach((word) => assert.notInclude(lines[0], word))
    }).pipe(Effect.provide([stored(), Lines]))
  })
})
