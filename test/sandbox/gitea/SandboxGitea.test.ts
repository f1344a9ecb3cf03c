import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Schema } from "effect"
import { SandboxGitea } from "../../../src/sandbox/gitea/SandboxGitea.ts"
import { call, Client } from "./support.ts"

const Live = Layer.merge(SandboxGitea.layer, Client)
const draft = { repository: "acme/shop", title: "Cart is empty", body: "See `cart.ts`." }

const withIssue = Effect.gen(function* () {
  const gitea = yield* SandboxGitea
  const repository = yield* gitea.createRepository("acme/shop")
  return { gitea, repository, issue: yield* gitea.openIssue({ ...draft, assignees: ["mosaic"] }) }
})

const Numbers = Schema.Array(Schema.Struct({ number: Schema.Int }))
const Timeline = Schema.Array(
  Schema.Struct({
    id: Schema.Int,
    type: Schema.String,
    assignee: Schema.NullOr(Schema.Struct({ login: Schema.String })),
    removed_assignee: Schema.Boolean,
    created_at: Schema.String
  })
)

const found = (body: unknown) => Schema.decodeUnknownSync(Numbers)(body).map((it) => it.number)
const timelineOf = Schema.decodeUnknownSync(Timeline)

describe("SandboxGitea", () => {
  it.effect("takes the token under either scheme, and nothing else", () =>
    Effect.gen(function* () {
      const { bot } = yield* SandboxGitea
      const status = (authorization: string) => Effect.map(call("GET", "/user", { authorization }), (it) => it.status)
      assert.match(bot.token, /^[0-9a-f]{40}$/)
      assert.strictEqual(yield* status(`token ${bot.token}`), 200)
      assert.strictEqual(yield* status(`Bearer ${bot.token}`), 200)
      assert.strictEqual(yield* status("token wrong"), 401)
      assert.strictEqual(yield* status(""), 401)
      assert.propertyVal((yield* call("GET", "/user")).body, "login", "mosaic")
    }).pipe(Effect.provide(Live))
  )

  it.effect("finds open issues assigned to the bot, newest first, in pages of 20", () =>
    Effect.gen(function* () {
      const { gitea, issue } = yield* withIssue
      yield* gitea.openIssue(draft)
      yield* Effect.forEach(Array.from({ length: 21 }), () => gitea.openIssue({ ...draft, assignees: ["mosaic"] }), {
        discard: true
      })
      const search = (query: string) =>
        Effect.map(call("GET", `/repos/issues/search?assigned=true${query}`), ({ body }) => found(body))
      assert.deepStrictEqual((yield* search("")).length, 20)
      assert.deepStrictEqual(yield* search("&page=2&type=issues&state=open"), [3, 1])
      assert.deepStrictEqual(yield* search("&type=pulls"), [])
      assert.deepStrictEqual((yield* search("&limit=100")).length, 22)
      yield* gitea.close(issue)
      assert.deepStrictEqual(yield* search("&state=closed"), [1])
      assert.deepStrictEqual(yield* search("&state=all&since=2200-01-01T00:00:00Z"), [])
      assert.deepStrictEqual((yield* search("&limit=50&state=all&since=1970-01-01T00:00:00Z")).length, 22)
    }).pipe(Effect.provide(Live))
  )

  it.effect("shows the newest assignment last on the timeline, with ids that grow and are shared with comments", () =>
    Effect.gen(function* () {
      const { gitea, issue } = yield* withIssue
      const path = "/repos/acme/shop/issues/1/timeline"
      const posted = (yield* call("POST", "/repos/acme/shop/issues/1/comments", { body: { body: "On it" } })).body
      yield* gitea.unassign(issue, "mosaic")
      yield* gitea.close(issue)
      yield* gitea.reopen(issue)
      yield* gitea.assign(issue, "mosaic", "ada")
      const entries = timelineOf((yield* call("GET", path)).body)
      assert.deepStrictEqual(
        entries.map(({ type, removed_assignee }) => (removed_assignee ? `${type} removed` : type)),
        ["assignees", "comment", "assignees removed", "close", "reopen", "assignees"]
      )
      const ids = entries.map(({ id }) => id)
      assert.deepStrictEqual(
        ids,
        ids.toSorted((a, b) => a - b)
      )
      assert.propertyVal(posted, "id", ids[1])
      assert.strictEqual(entries.at(-1)?.assignee?.login, "mosaic")
      assert.match(entries.at(-1)?.created_at ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.deepStrictEqual(
        timelineOf((yield* call("GET", `${path}?page=2&limit=4`)).body).map(({ id }) => id),
        ids.slice(4)
      )
      assert.isNull((yield* call("GET", `${path}?page=3&limit=4`)).body)
    }).pipe(Effect.provide(Live))
  )

  it.effect("answers 404 for a missing issue, but 500 for its comments", () =>
    Effect.gen(function* () {
      const { gitea, issue } = yield* withIssue
      yield* gitea.remove(issue)
      const missing = yield* call("GET", "/repos/acme/shop/issues/1")
      assert.strictEqual(missing.status, 404)
      assert.hasAllKeys(missing.body, ["message", "url"])
      const post = yield* call("POST", "/repos/acme/shop/issues/1/comments", { body: { body: "On it" } })
      assert.strictEqual(post.status, 500)
      assert.propertyVal(post.body, "message", "")
      assert.strictEqual((yield* call("GET", "/repos/acme/none/issues/1")).status, 404)
      assert.strictEqual((yield* call("GET", "/nonsense")).status, 404)
    }).pipe(Effect.provide(Live))
  )

  it.effect("refuses an empty comment", () =>
    Effect.gen(function* () {
      const { gitea, issue } = yield* withIssue
      const post = yield* call("POST", "/repos/acme/shop/issues/1/comments", { body: { body: "" } })
      assert.strictEqual(post.status, 422)
      assert.deepStrictEqual(yield* gitea.comments(issue), [])
    }).pipe(Effect.provide(Live))
  )

  it.effect("edits a comment in place, and none that belongs elsewhere", () =>
    Effect.gen(function* () {
      const { gitea, issue } = yield* withIssue
      yield* gitea.createRepository("acme/site")
      yield* gitea.comment(issue, "Any news?", "ada")
      const [comment] = yield* gitea.comments(issue)
      const patch = (repository: string, id: number | undefined) =>
        call("PATCH", `/repos/${repository}/issues/comments/${id}`, { body: { body: "Never mind" } })
      assert.strictEqual((yield* patch("acme/site", comment?.id)).status, 404)
      assert.strictEqual((yield* patch("acme/shop", 99)).status, 404)
      const assignment = 1
      assert.strictEqual((yield* patch("acme/shop", assignment)).status, 204)
      assert.propertyVal((yield* patch("acme/shop", comment?.id)).body, "body", "Never mind")
      assert.deepStrictEqual(yield* gitea.comments(issue), [{ id: 2, user: "ada", body: "Never mind" }])
    }).pipe(Effect.provide(Live))
  )

  it.effect("posts a comment once that it then answers with a failure", () =>
    Effect.gen(function* () {
      const { gitea, issue } = yield* withIssue
      yield* gitea.fail({ match: /^POST .*\/comments$/, kind: "doneThenStatus", status: 502 })
      const post = yield* call("POST", "/repos/acme/shop/issues/1/comments", { body: { body: "On it" } })
      assert.strictEqual(post.status, 502)
      assert.deepStrictEqual(
        (yield* gitea.comments(issue)).map(({ body, user }) => `${user}: ${body}`),
        ["mosaic: On it"]
      )
    }).pipe(Effect.provide(Live))
  )

  it.effect("suffers a fault as often as planned, and then no more", () =>
    Effect.gen(function* () {
      const { fail, requests } = yield* SandboxGitea
      yield* fail({ match: /user$/, times: 2, kind: "status", status: 503, headers: { "retry-after": "7" } })
      yield* fail({ match: /user$/, kind: "reset" })
      const first = yield* call("GET", "/user")
      assert.deepStrictEqual([first.status, first.headers["retry-after"]], [503, "7"])
      yield* call("GET", "/user")
      const cut = yield* Effect.flip(call("GET", "/user"))
      assert.strictEqual(cut._tag, "HttpClientError")
      yield* call("GET", "/user")
      assert.deepStrictEqual(
        (yield* requests).map(({ method, path, status }) => `${method} ${path} ${status}`),
        [503, 503, 0, 200].map((status) => `GET /api/v1/user ${status}`)
      )
    }).pipe(Effect.provide(Live))
  )

  it.live("hangs until the client goes", () =>
    Effect.gen(function* () {
      const { fail } = yield* SandboxGitea
      yield* fail({ match: /user$/, kind: "hang" })
      assert.isTrue(Option.isNone(yield* Effect.timeoutOption(call("GET", "/user"), "100 millis")))
      assert.strictEqual((yield* call("GET", "/user")).status, 200)
    }).pipe(Effect.provide(Live))
  )

  it.effect("sends the old path of a renamed repository to the new one", () =>
    Effect.gen(function* () {
      const { gitea, repository } = yield* withIssue
      yield* gitea.rename("acme/shop", "globex/store")
      const moved = yield* call("GET", "/repos/acme/shop/issues/1?x=1")
      assert.strictEqual(moved.status, 301)
      assert.strictEqual(moved.headers["location"], "/api/v1/repos/globex/store/issues/1?x=1")
      assert.strictEqual((yield* call("GET", "/repos/globex/store/issues/1")).status, 200)
      assert.propertyVal((yield* call("GET", `/repositories/${repository.id}`)).body, "full_name", "globex/store")
      assert.deepStrictEqual(yield* gitea.deliveries, [])
    }).pipe(Effect.provide(Live))
  )
})
