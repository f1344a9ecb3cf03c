import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SandboxGitea } from "../../../src/sandbox/gitea/SandboxGitea.ts"
import { call, Client } from "./support.ts"

const Live = Layer.merge(SandboxGitea.layer, Client)
const ISSUE = "/repos/acme/shop/issues/1"
const LIST = "/repos/issues/search?assigned=true"

/** An issue assigned to the bot, with a comment of the bot's. */
const withComment = Effect.gen(function* () {
  const gitea = yield* SandboxGitea
  const repository = yield* gitea.createRepository("acme/shop")
  yield* gitea.openIssue({ repository: "acme/shop", title: "Slow", body: "", assignees: [gitea.bot.login] })
  yield* call("POST", `${ISSUE}/comments`, { body: { body: "I look." } })
  const [comment] = yield* gitea.comments({ repository, number: 1, id: 1 })
  const write = call("POST", `${ISSUE}/comments`, { body: { body: "Done." } })
  const edit = call("PATCH", `/repos/acme/shop/issues/comments/${comment?.id}`, { body: { body: "I am done." } })
  return { gitea, repository, write, edit }
})

describe("Access to the sandbox Gitea", () => {
  it.effect("ends with a repository that is hidden, at every path and in every list, until it is shown", () =>
    Effect.gen(function* () {
      const { edit, gitea, repository, write } = yield* withComment
      const reads = ["/repos/acme/shop", `/repositories/${repository.id}`, ISSUE, `${ISSUE}/timeline`]
      const statuses = Effect.all([...reads.map((path) => call("GET", path)), write, edit]).pipe(
        Effect.map((all) => all.map(({ status }) => status))
      )
      for (const refusal of [404, 403] as const) {
        yield* gitea.hide("acme/shop", refusal)
        assert.deepStrictEqual([...new Set(yield* statuses)], [refusal])
        assert.deepStrictEqual((yield* call("GET", LIST)).body, [])
        yield* gitea.show("acme/shop")
        assert.deepStrictEqual(yield* statuses, [200, 200, 200, 200, 201, 200])
      }
      assert.deepNestedPropertyVal((yield* call("GET", LIST)).body, "[0].number", 1)
    }).pipe(Effect.provide(Live))
  )

  it.effect("to an archived repository is to read only: comments are refused with 423", () =>
    Effect.gen(function* () {
      const { edit, gitea, write } = yield* withComment
      yield* gitea.archive("acme/shop")
      assert.strictEqual((yield* write).status, 423)
      assert.strictEqual((yield* edit).status, 423)
      assert.propertyVal((yield* call("GET", "/repos/acme/shop")).body, "archived", true)
      assert.strictEqual((yield* call("GET", `${ISSUE}/comments`)).status, 200)
      yield* gitea.unarchive("acme/shop")
      assert.strictEqual((yield* write).status, 201)
      assert.strictEqual((yield* edit).status, 200)
    }).pipe(Effect.provide(Live))
  )

  it.effect("under a renamed owner leads from the old path to the new one with 307", () =>
    Effect.gen(function* () {
      const { gitea, repository } = yield* withComment
      yield* gitea.renameOwner("acme", "umbrella")
      const moved = yield* call("GET", `${ISSUE}?x=1`)
      assert.strictEqual(moved.status, 307)
      assert.strictEqual(moved.headers["location"], "/api/v1/repos/umbrella/shop/issues/1?x=1")
      const { body } = yield* call("GET", `/repositories/${repository.id}`)
      assert.propertyVal(body, "full_name", "umbrella/shop")
      assert.deepNestedPropertyVal(body, "owner.login", "umbrella")
    }).pipe(Effect.provide(Live))
  )
})
