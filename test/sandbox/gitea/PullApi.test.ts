import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SandboxGitea } from "../../../src/sandbox/gitea/SandboxGitea.ts"
import { shell } from "../../harness/Shell.ts"
import { call, Client } from "./support.ts"

const Live = Layer.mergeAll(SandboxGitea.layer, Client, NodeServices.layer)
const SHOP = "/repos/acme/shop"
const DRAFT = { title: "One", body: "Fixes #1", head: "mosaic/1", base: "main" }

const branch = (gitea: SandboxGitea["Service"], name: string) =>
  Effect.flatMap(gitea.folder("acme/shop"), (folder) => shell(folder, `git branch ${name} main`))

const scene = Effect.gen(function* () {
  const gitea = yield* SandboxGitea
  yield* gitea.createRepository("acme/shop")
  yield* gitea.openIssue({ repository: "acme/shop", title: "Slow", body: "" })
  const commit = yield* gitea.commit("acme/shop", { "README.md": "A shop." })
  const statusOf = (method: "GET" | "POST" | "PATCH", path: string, body?: unknown) =>
    Effect.map(call(method, `${SHOP}${path}`, body === undefined ? {} : { body }), ({ status }) => status)
  return { gitea, commit, statusOf }
})

describe("Pull requests of the sandbox Gitea", () => {
  it.effect("share their numbers with issues, ignore a search by head, and answer 409 without the number", () =>
    Effect.gen(function* () {
      const { gitea } = yield* scene
      yield* branch(gitea, "mosaic/1")
      yield* branch(gitea, "other")
      const made = yield* call("POST", `${SHOP}/pulls`, { body: DRAFT })
      assert.strictEqual(made.status, 201)
      assert.propertyVal(made.body, "number", 2)
      yield* call("POST", `${SHOP}/pulls`, { body: { ...DRAFT, head: "other" } })
      const listed = yield* call("GET", `${SHOP}/pulls?state=open&head=mosaic/1`)
      assert.lengthOf(listed.body as ReadonlyArray<unknown>, 2)
      const again = yield* call("POST", `${SHOP}/pulls`, { body: DRAFT })
      assert.strictEqual(again.status, 409)
      assert.notMatch(String((again.body as { readonly message: string }).message), /#2|number/)
    }).pipe(Effect.provide(Live))
  )

  it.effect("hide an open one behind a closed one of the same branches", () =>
    Effect.gen(function* () {
      const { gitea } = yield* scene
      yield* branch(gitea, "mosaic/1")
      yield* call("POST", `${SHOP}/pulls`, { body: DRAFT })
      yield* gitea.closePull("acme/shop", 2)
      assert.propertyVal((yield* call("POST", `${SHOP}/pulls`, { body: DRAFT })).body, "number", 3)
      assert.propertyVal((yield* call("GET", `${SHOP}/pulls/main/mosaic%2F1`)).body, "number", 2)
    }).pipe(Effect.provide(Live))
  )

  it.effect("are refused as Gitea refuses them", () =>
    Effect.gen(function* () {
      const { commit, gitea, statusOf } = yield* scene
      assert.strictEqual(yield* statusOf("POST", "/pulls", DRAFT), 404, "no such head")
      yield* branch(gitea, "mosaic/1")
      yield* gitea.turnPulls("acme/shop", false)
      assert.strictEqual(yield* statusOf("POST", "/pulls", DRAFT), 404, "turned off")
      yield* gitea.turnPulls("acme/shop", true)
      yield* gitea.withdraw("acme/shop")
      assert.strictEqual(yield* statusOf("POST", "/pulls", DRAFT), 403)
      assert.strictEqual(yield* statusOf("POST", `/statuses/${commit}`, { state: "success" }), 403)
      yield* gitea.grant("acme/shop")
      yield* gitea.archive("acme/shop")
      assert.strictEqual(yield* statusOf("POST", "/pulls", DRAFT), 423)
      assert.strictEqual(yield* statusOf("GET", "/branches/nowhere"), 404)
    }).pipe(Effect.provide(Live))
  )

  it.effect("take any state of a commit, and fail for an unknown commit", () =>
    Effect.gen(function* () {
      const { commit, gitea, statusOf } = yield* scene
      assert.strictEqual(yield* statusOf("POST", `/statuses/${commit}`, { state: "whatever", context: "x" }), 201)
      assert.strictEqual(yield* statusOf("POST", `/statuses/${"0".repeat(40)}`, { state: "success" }), 500)
      assert.deepStrictEqual(
        (yield* gitea.statuses("acme/shop")).map(({ state }) => state),
        ["whatever"]
      )
    }).pipe(Effect.provide(Live))
  )
})
