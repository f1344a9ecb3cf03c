import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { SandboxGitea } from "../../../src/sandbox/gitea/SandboxGitea.ts"
import { call, Client, Receiver, story } from "./support.ts"

const Live = Layer.mergeAll(SandboxGitea.layer, Receiver.layer, Client)
const LIST = "/repos/acme/shop/hooks"
const listOf = Schema.decodeUnknownSync(Schema.Array(Schema.Record(Schema.String, Schema.Unknown)))
const draft = { repository: "acme/shop", title: "Slow search", body: "" }

const scene = Effect.gen(function* () {
  const gitea = yield* SandboxGitea
  const receiver = yield* Receiver
  yield* gitea.createRepository("acme/shop")
  const systemHook = { url: receiver.url, secret: "s3cret" }
  const hook = { ...systemHook, active: true, events: ["issues", "issue_assign"] }
  yield* gitea.addHook(systemHook)
  return { gitea, receiver, hook, statusOf: (path: string) => Effect.map(call("GET", path), ({ status }) => status) }
})

describe("Hooks of a repository", () => {
  it.effect("are listed to its administrators only, without the secret, in pages", () =>
    Effect.gen(function* () {
      const { gitea, hook, statusOf } = yield* scene
      assert.strictEqual(yield* statusOf(LIST), 403)
      yield* gitea.promote("acme/shop")
      const none = yield* call("GET", LIST)
      assert.deepStrictEqual(none.body, [], "a hook of the whole server is none of its own")
      yield* gitea.setHooks(
        "acme/shop",
        Array.from({ length: 31 }, () => hook)
      )
      const first = yield* call("GET", LIST)
      const [one, ...more] = listOf(first.body)
      assert.deepStrictEqual(one, {
        type: "gitea",
        branch_filter: "",
        config: { content_type: "json", url: hook.url },
        events: hook.events,
        authorization_header: "",
        active: true,
        created_at: one?.["created_at"]
      })
      assert.match(String(one?.["created_at"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.lengthOf(more, 29)
      assert.strictEqual(first.headers["x-total-count"], "31")
      assert.lengthOf(listOf((yield* call("GET", `${LIST}?page=2`)).body), 1)
      assert.isEmpty(listOf((yield* call("GET", `${LIST}?page=3&limit=50`)).body))
      assert.deepNestedPropertyVal((yield* call("GET", "/repos/acme/shop")).body, "permissions.admin", true)
      yield* gitea.hide("acme/shop")
      assert.strictEqual(yield* statusOf(LIST), 404)
      assert.strictEqual(yield* statusOf("/repos/acme/other/hooks"), 404)
    }).pipe(Effect.provide(Live))
  )

  it.effect(
    "are told in place of the others what they subscribe to, while they are active and their host allowed",
    () =>
      Effect.gen(function* () {
        const { gitea, hook, receiver } = yield* scene
        const told = Effect.gen(function* () {
          const before = yield* receiver.received
          yield* gitea.openIssue({ ...draft, assignees: ["ada"], labels: ["bug"] })
          yield* gitea.drained
          return (yield* receiver.received).slice(before.length)
        })
        const all = ["assigned ada", "opened ada", "label_updated ada"]
        const everywhere = yield* told
        assert.deepStrictEqual(story(everywhere), all)
        const target = "x-gitea-hook-installation-target-type"
        assert.strictEqual(everywhere[0]?.headers[target], "system")
        yield* gitea.setHooks("acme/shop", [{ ...hook, events: ["issues", "issue_label"] }])
        const own = yield* told
        assert.deepStrictEqual(story(own), ["opened ada", "label_updated ada"])
        assert.strictEqual(own[0]?.headers[target], "repository")
        yield* gitea.setHooks("acme/shop", [{ ...hook, active: false }])
        assert.isEmpty(yield* told)
        yield* gitea.setHooks("acme/shop", [])
        assert.isEmpty(yield* told)
        const attempted = (yield* gitea.deliveries).length
        yield* gitea.setHooks("acme/shop", [{ ...hook, denied: true }])
        assert.isEmpty(yield* told)
        const denied = (yield* gitea.deliveries).slice(attempted).map(({ outcome }) => outcome)
        assert.lengthOf(denied, 2)
        denied.forEach((outcome) =>
          assert.match("error" in outcome ? outcome.error : "", /ALLOWED_HOST_LIST.*deny '127/)
        )
      }).pipe(Effect.provide(Live))
  )
})
