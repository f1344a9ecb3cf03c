import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { FullName } from "../../src/domain/Repository.ts"
import { Gitea } from "../../src/gitea/Gitea.ts"
import { retryAfterOf } from "../../src/gitea/GiteaError.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import type { GiteaFault } from "../../src/sandbox/gitea/Faults.ts"
import { adapter } from "./support.ts"

const SHOP = FullName.make("acme/shop")
const TOO_LONG = 17 * 1024 * 1024

/** How reading an issue fails under a fault. */
const failing = Effect.fnUntraced(function* (fault: GiteaFault) {
  const sandbox = yield* SandboxGitea
  yield* sandbox.createRepository(SHOP)
  yield* sandbox.openIssue({ repository: SHOP, title: "Slow search", body: "" })
  yield* sandbox.fail({ ...fault, match: /./ })
  return yield* Effect.flip((yield* Gitea).issue(SHOP, 1))
}, Effect.provide(adapter()))

describe("GiteaError", () => {
  it.effect.each([
    [400, false, "the call was refused"],
    [401, false, "set GITEA_TOKEN to a valid one"],
    [403, false, "check the scopes of its token"],
    [404, false, "add it as a collaborator"],
    [408, true, "Gitea is in trouble or overloaded"],
    [423, false, "the repository is archived or the issue locked"],
    [429, true, "Gitea is in trouble or overloaded"],
    [500, true, "Gitea is in trouble or overloaded"],
    [503, true, "Gitea is in trouble or overloaded"]
  ] as const)("of status %i: retryable %s, and says %s", ([status, retryable, advice]) =>
    Effect.gen(function* () {
      const error = yield* failing({ kind: "status", status })
      assert.deepInclude(error, { operation: "read issue", status, retryable, retryAfter: null })
      assert.include(error.message, `Gitea: read issue failed (${status}): `)
      assert.include(error.message, advice)
    })
  )

  const STORE = "/api/v1/repos/acme/store/issues/1"

  it.effect.each([301, 307])("of status %i to another path of the API: it was renamed", (status) =>
    Effect.gen(function* () {
      const error = yield* failing({ kind: "status", status, headers: { location: STORE } })
      assert.deepInclude(error, { status, retryable: false })
      assert.include(error.message, "the repository or its owner was renamed")
    })
  )

  it.effect.each([
    [301, "https://git.example.com/api/v1/repos/acme/shop/issues/1"],
    [301, "http://elsewhere.invalid/sign-in"],
    [301, "http://"],
    [301, "https://git.example.com/gitea/api/v1/repos/acme/shop/issues/1"],
    [302, "/user/login"],
    [302, STORE],
    [307, undefined],
    [308, "https://git.example.com/api/v1/repos/acme/shop/issues/1"]
  ] as const)("of status %i to %s points at a proxy, and may be retried", ([status, location]) =>
    Effect.gen(function* () {
      const error = yield* failing({ kind: "status", status, headers: location === undefined ? {} : { location } })
      assert.deepInclude(error, { status: null, retryable: true })
      assert.include(error.message, `a redirect (${status}): look at scheme, host and path of GITEA_URL`)
    })
  )

  it.effect("carries how long Gitea asked to wait", () =>
    Effect.gen(function* () {
      const error = yield* failing({ kind: "status", status: 503, headers: { "retry-after": "12" } })
      assert.strictEqual(error.retryAfter, 12_000)
    })
  )

  it.effect("carries how long it is until the date that a proxy asked to wait for", () =>
    Effect.gen(function* () {
      const headers = { "retry-after": "Thu, 01 Jan 1970 00:01:00 GMT" }
      assert.strictEqual((yield* failing({ kind: "status", status: 503, headers })).retryAfter, 60_000)
    })
  )

  it.each(["soon", "-1", "0", "1.5", "Thu, 01 Jan 1970 00:00:00 GMT", "12345678901234567890", ""])(
    "takes no wait from %j",
    (header) => assert.isNull(retryAfterOf(header, 10_000))
  )

  it.effect("of a connection that breaks has no status and may be retried", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* failing({ kind: "reset" }), { status: null, retryable: true })
    })
  )

  it.effect.each(["<html><body>Sign in</body></html>", "[]", "null", ""])(
    "of an answer like %j points at a proxy",
    (body) =>
      Effect.gen(function* () {
        const error = yield* failing({ kind: "status", status: 200, body })
        assert.deepInclude(error, { status: null, retryable: true })
        assert.include(error.message, "check GITEA_URL and any proxy before it")
      })
  )

  it.effect("of an answer in which a field cannot be read names the field, and is no outage", () =>
    Effect.gen(function* () {
      const error = yield* failing({ kind: "status", status: 200, body: '{"number":1,"title":7}' })
      assert.deepInclude(error, { status: null, retryable: false })
      assert.include(error.message, "Gitea answered, but `title` cannot be read in it")
    })
  )

  it.effect("of an answer without end is not retried", () =>
    Effect.gen(function* () {
      const error = yield* failing({ kind: "status", status: 200, body: "x".repeat(TOO_LONG) })
      assert.deepInclude(error, { status: null, retryable: false, detail: "the answer is too long" })
    })
  )
})
