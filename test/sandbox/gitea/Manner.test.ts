import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SandboxGitea } from "../../../src/sandbox/gitea/SandboxGitea.ts"
import { call, Client } from "./support.ts"

const Live = Layer.merge(SandboxGitea.layer, Client)
const ISSUE = "/repos/acme/shop/issues/1"
const TIMELINE = `${ISSUE}/timeline`
const message = ({ body }: { readonly body: unknown }) => (body as { readonly message: string }).message

const withIssue = Effect.gen(function* () {
  const gitea = yield* SandboxGitea
  const repository = yield* gitea.createRepository("acme/shop")
  const issue = yield* gitea.openIssue({ repository: "acme/shop", title: "Cart is empty", body: "" })
  const other = yield* gitea.openIssue({ repository: "acme/shop", title: "Another", body: "" })
  return { gitea, repository, issue, other }
})

const write = (body = "On it") => call("POST", `${ISSUE}/comments`, { body: { body } })
const edit = (id: number, body = "On it") => call("PATCH", `/repos/acme/shop/issues/comments/${id}`, { body: { body } })

describe("The odd sandbox Gitea", () => {
  it.effect("has a null in the timeline of an issue that a deleted comment had named", () =>
    Effect.gen(function* () {
      const { gitea, other } = yield* withIssue
      yield* gitea.comment(other, "see #1, and not #2 or x#1", "eve")
      assert.nestedPropertyVal(yield* call("GET", TIMELINE), "body[0].type", "comment_ref")
      const [comment] = yield* gitea.comments(other)
      yield* gitea.deleteComment(comment?.id ?? 0)
      assert.deepStrictEqual((yield* call("GET", TIMELINE)).body, [null])
      assert.deepStrictEqual((yield* call("GET", "/repos/acme/shop/issues/2/comments")).body, [])
      assert.strictEqual((yield* edit(comment?.id ?? 0)).status, 404)
    }).pipe(Effect.provide(Live))
  )

  it.effect("answers an edit that changes nothing without a user", () =>
    Effect.gen(function* () {
      const { gitea, issue } = yield* withIssue
      yield* write("On it")
      const [comment] = yield* gitea.comments(issue)
      const id = comment?.id ?? 0
      assert.deepNestedPropertyVal(yield* edit(id, "On it"), "body.user", null)
      assert.deepNestedPropertyVal(yield* edit(id, "Done"), "body.user.login", "mosaic")
    }).pipe(Effect.provide(Live))
  )

  it.effect("begins every timeline with a null when it is told to", () =>
    Effect.gen(function* () {
      const { gitea } = yield* withIssue
      yield* gitea.behave({ odd: true })
      assert.deepStrictEqual((yield* call("GET", TIMELINE)).body, [null])
    }).pipe(Effect.provide(Live))
  )
})

describe("The strict sandbox Gitea", () => {
  it.effect("refuses a call for whose category and method the token lacks the scope, and names its scopes", () =>
    Effect.gen(function* () {
      const { gitea } = yield* withIssue
      assert.strictEqual((yield* write()).status, 201)
      yield* gitea.behave({ scopes: ["read:user", "read:issue"] })
      const refused = yield* write()
      assert.strictEqual(refused.status, 403)
      assert.strictEqual(
        message(refused),
        "token does not have at least one of required scope(s), required=[write:issue], token scope=read:user,read:issue"
      )
      assert.strictEqual((yield* call("GET", ISSUE)).status, 200)
      assert.strictEqual((yield* call("GET", "/repos/issues/search")).status, 200)
      assert.strictEqual((yield* call("GET", "/user")).status, 200)
      assert.include(message(yield* call("GET", "/repos/acme/shop")), "required=[read:repository]")
      assert.include(message(yield* call("GET", "/repositories/1")), "required=[read:repository]")
      assert.include(message(yield* call("GET", "/notifications/new")), "token scope=read:user,read:issue")
      yield* gitea.behave({ scopes: ["all"] })
      assert.strictEqual((yield* call("GET", "/notifications/new")).status, 200)
      assert.strictEqual((yield* write()).status, 201)
    }).pipe(Effect.provide(Live))
  )

  it.effect("refuses comments on a locked issue to those who may not write, and lets them edit their own", () =>
    Effect.gen(function* () {
      const { gitea, issue } = yield* withIssue
      yield* write()
      const [comment] = yield* gitea.comments(issue)
      yield* gitea.lock(issue)
      assert.strictEqual((yield* write()).status, 201)
      yield* gitea.withdraw("acme/shop")
      assert.strictEqual((yield* write()).status, 403)
      assert.strictEqual((yield* edit(comment?.id ?? 0, "Done")).status, 200)
      assert.deepNestedPropertyVal(yield* call("GET", ISSUE), "body.is_locked", true)
      yield* gitea.grant("acme/shop")
      assert.strictEqual((yield* write()).status, 201)
      yield* gitea.unlock(issue)
    }).pipe(Effect.provide(Live))
  )

  it.effect("knows no token that was revoked", () =>
    Effect.gen(function* () {
      const { gitea } = yield* withIssue
      yield* gitea.behave({ revoked: true })
      assert.strictEqual((yield* call("GET", "/user")).status, 401)
    }).pipe(Effect.provide(Live))
  )

  it.effect("fails over a text that its database does not take, at every write of one", () =>
    Effect.gen(function* () {
      const { gitea, issue } = yield* withIssue
      yield* write()
      const [comment] = yield* gitea.comments(issue)
      yield* gitea.behave({ refusesText: /\p{Extended_Pictographic}/u })
      assert.strictEqual((yield* write("Done 🎉")).status, 500)
      assert.strictEqual((yield* edit(comment?.id ?? 0, "Done 🎉")).status, 500)
      assert.strictEqual((yield* write("Done")).status, 201)
    }).pipe(Effect.provide(Live))
  )
})
