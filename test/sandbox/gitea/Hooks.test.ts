import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { createHmac } from "node:crypto"
import { readFile } from "node:fs/promises"
import { SandboxGitea } from "../../../src/sandbox/gitea/SandboxGitea.ts"
import { call, Client, payloadOf, Receiver, story, textOf } from "./support.ts"

const SECRET = "s3cret"
const Live = Layer.mergeAll(SandboxGitea.layer, Receiver.layer, Client)
const draft = { repository: "acme/shop", title: "Cart is <empty> & sad", body: "See `cart.ts`." }

const hooked = Effect.gen(function* () {
  const gitea = yield* SandboxGitea
  const receiver = yield* Receiver
  yield* gitea.createRepository("acme/shop")
  yield* gitea.addHook({ url: receiver.url, secret: SECRET })
  return { gitea, received: Effect.andThen(gitea.drained, receiver.received) }
})

const hmac = (bytes: Uint8Array | string) => createHmac("sha256", SECRET).update(bytes).digest("hex")

describe("Hooks", () => {
  it.effect("signs the raw bytes of the body", () =>
    Effect.gen(function* () {
      const { gitea, received } = yield* hooked
      yield* gitea.openIssue(draft)
      const [delivery] = yield* received
      assert.isDefined(delivery)
      assert.strictEqual(delivery.headers["x-gitea-signature"], hmac(delivery.body))
      assert.strictEqual(delivery.headers["x-hub-signature-256"], `sha256=${hmac(delivery.body)}`)
      assert.strictEqual(delivery.headers["content-type"], "application/json")
      assert.strictEqual(delivery.headers["x-gitea-event"], "issues")
      assert.match(delivery.headers["x-gitea-delivery"] ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/)
      assert.include(textOf(delivery), String.raw`"title": "Cart is \u003cempty\u003e \u0026 sad"`)
    }).pipe(Effect.provide(Live))
  )

  it.effect("signs the JSON text, not the body, of a form", () =>
    Effect.gen(function* () {
      const gitea = yield* SandboxGitea
      const receiver = yield* Receiver
      yield* gitea.createRepository("acme/shop")
      yield* gitea.addHook({ url: receiver.url, secret: SECRET, contentType: "form" })
      yield* gitea.openIssue(draft)
      yield* gitea.drained
      const [delivery] = yield* receiver.received
      assert.isDefined(delivery)
      const payload = new URLSearchParams(textOf(delivery)).get("payload")
      assert.isNotNull(payload)
      assert.strictEqual(delivery.headers["content-type"], "application/x-www-form-urlencoded")
      assert.strictEqual(delivery.headers["x-gitea-signature"], hmac(payload))
    }).pipe(Effect.provide(Live))
  )

  it.effect("sends the keys of a real payload in their order", () =>
    Effect.gen(function* () {
      const { gitea, received } = yield* hooked
      yield* gitea.openIssue({ ...draft, assignees: ["mosaic"], labels: ["bug", "state/ready"] })
      const real = yield* Effect.promise(() =>
        readFile(new URL("../../fixtures/gitea/issues-assigned.json", import.meta.url), "utf8")
      )
      const [delivery] = yield* received
      assert.isDefined(delivery)
      const keys = (text: string, indent: string) =>
        Array.from(text.matchAll(new RegExp(`^${indent}"(\\w+)":`, "gm")), ([, key]) => key)
      const issueOf = (text: string) => text.slice(0, text.indexOf('\n  "repository":'))
      const sent = textOf(delivery)
      assert.deepStrictEqual(keys(sent, "  "), keys(real, "  "))
      assert.deepStrictEqual(keys(issueOf(sent), " {4,}"), keys(issueOf(real), " {4,}"))
    }).pipe(Effect.provide(Live))
  )

  it.effect("tells of every assignee before it tells of the issue, and of labels last", () =>
    Effect.gen(function* () {
      const { gitea, received } = yield* hooked
      yield* gitea.openIssue({ ...draft, assignees: ["mosaic", "ada"], labels: ["bug"] })
      const all = yield* received
      assert.deepStrictEqual(story(all), [
        "assigned mosaic",
        "assigned mosaic+ada",
        "opened mosaic+ada",
        "label_updated mosaic+ada"
      ])
      assert.deepStrictEqual(
        all.map(({ headers }) => headers["x-gitea-event-type"]),
        ["issue_assign", "issue_assign", "issues", "issue_label"]
      )
    }).pipe(Effect.provide(Live))
  )

  it.effect("says null when nobody is assigned", () =>
    Effect.gen(function* () {
      const { gitea, received } = yield* hooked
      const issue = yield* gitea.openIssue(draft)
      yield* gitea.assign(issue, "mosaic")
      yield* gitea.assign(issue, "mosaic")
      yield* gitea.unassign(issue, "mosaic")
      const all = yield* received
      assert.deepStrictEqual(story(all), ["opened", "assigned mosaic", "unassigned"])
      assert.isNull(payloadOf(all[2]!).issue.assignees)
    }).pipe(Effect.provide(Live))
  )

  it.effect("tells of closing, reopening, editing, labelling and deleting", () =>
    Effect.gen(function* () {
      const { gitea, received } = yield* hooked
      const issue = yield* gitea.openIssue(draft)
      yield* gitea.close(issue, "ada")
      yield* gitea.reopen(issue, "ada")
      yield* gitea.edit(issue, { title: "Cart", body: "New" }, "ada")
      yield* gitea.label(issue, ["bug"], "ada")
      yield* gitea.label(issue, [], "ada")
      yield* gitea.remove(issue, "ada")
      const all = (yield* received).slice(1).map(payloadOf)
      assert.deepStrictEqual(
        all.map(({ action, sender }) => `${action} by ${sender.login}`),
        ["closed", "reopened", "edited", "edited", "label_updated", "label_cleared", "deleted"].map(
          (action) => `${action} by ada`
        )
      )
      const none = { added_labels: null, removed_labels: null }
      assert.deepStrictEqual(
        all.flatMap(({ changes }) => (changes === undefined ? [] : [changes])),
        [
          { title: { from: draft.title }, ...none },
          { body: { from: draft.body }, ...none }
        ]
      )
    }).pipe(Effect.provide(Live))
  )

  it.effect("tells of comments, those of the bot too, but not of a comment saved unchanged", () =>
    Effect.gen(function* () {
      const { gitea, received } = yield* hooked
      const issue = yield* gitea.openIssue(draft)
      yield* gitea.comment(issue, "Any news?", "ada")
      yield* call("POST", "/repos/acme/shop/issues/1/comments", { body: { body: "On it" } })
      const [, mine] = yield* gitea.comments(issue)
      yield* call("PATCH", `/repos/acme/shop/issues/comments/${mine?.id}`, { body: { body: "On it" } })
      yield* call("PATCH", `/repos/acme/shop/issues/comments/${mine?.id}`, { body: { body: "Done" } })
      const all = (yield* received).slice(1)
      assert.deepStrictEqual(
        all.map(payloadOf).map(({ action, issue, sender }) => `${action} by ${sender.login}, ${issue.comments}`),
        ["created by ada, 1", "created by mosaic, 2", "edited by mosaic, 2"]
      )
      assert.deepStrictEqual(
        all.map(({ headers }) => headers["x-gitea-event"]),
        ["issue_comment", "issue_comment", "issue_comment"]
      )
    }).pipe(Effect.provide(Live))
  )

  it.effect("replays the same body under a new id", () =>
    Effect.gen(function* () {
      const { gitea, received } = yield* hooked
      yield* gitea.openIssue(draft)
      yield* gitea.drained
      const [first] = yield* gitea.deliveries
      assert.isDefined(first)
      yield* gitea.replay(first.id)
      const [before, after] = yield* received
      assert.isDefined(before)
      assert.isDefined(after)
      assert.strictEqual(before.headers["x-gitea-delivery"], first.id)
      assert.notStrictEqual(after.headers["x-gitea-delivery"], first.id)
      assert.strictEqual(after.headers["x-gitea-signature"], before.headers["x-gitea-signature"])
      assert.deepStrictEqual(after.body, before.body)
    }).pipe(Effect.provide(Live))
  )

  it.effect("loses what it sends to a receiver that is down, and never tries again", () =>
    Effect.gen(function* () {
      const gitea = yield* SandboxGitea
      const { port, url } = yield* Receiver.pipe(Effect.provide(Receiver.layer, { local: true }))
      yield* gitea.createRepository("acme/shop")
      yield* gitea.addHook({ url, secret: SECRET })
      const issue = yield* gitea.openIssue(draft)
      yield* gitea.drained
      yield* Effect.gen(function* () {
        const receiver = yield* Receiver
        yield* gitea.close(issue)
        yield* gitea.drained
        assert.deepStrictEqual(story(yield* receiver.received), ["closed"])
      }).pipe(Effect.provide(Receiver.layerWith(port)))
      const [lost, arrived] = yield* gitea.deliveries
      assert.property(lost?.outcome, "error")
      assert.deepStrictEqual(arrived?.outcome, { status: 200, body: "noted" })
    }).pipe(Effect.provide(SandboxGitea.layer))
  )

  it.effect("gives up on a receiver after five seconds", () =>
    Effect.gen(function* () {
      const gitea = yield* SandboxGitea
      const arrived = yield* Deferred.make<void>()
      const silent = Effect.andThen(Deferred.succeed(arrived, undefined), Effect.never)
      yield* Effect.gen(function* () {
        yield* gitea.createRepository("acme/shop")
        yield* gitea.addHook({ url: (yield* Receiver).url, secret: SECRET })
        yield* gitea.openIssue(draft)
        yield* Deferred.await(arrived)
        yield* TestClock.adjust("4 seconds")
        assert.deepStrictEqual(yield* gitea.deliveries, [])
        yield* TestClock.adjust("1 second")
        yield* gitea.drained
        const [delivery] = yield* gitea.deliveries
        assert.property(delivery?.outcome, "error")
      }).pipe(Effect.provide(Receiver.layerWith(0, silent)))
    }).pipe(Effect.provide(SandboxGitea.layer))
  )

  it.effect("is drained when there is nothing to send", () =>
    Effect.gen(function* () {
      const gitea = yield* SandboxGitea
      assert.isTrue(Option.isSome(yield* Effect.option(gitea.drained)))
    }).pipe(Effect.provide(SandboxGitea.layer))
  )
})
