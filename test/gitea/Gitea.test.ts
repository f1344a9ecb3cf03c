import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { FullName } from "../../src/domain/Repository.ts"
import { Gitea } from "../../src/gitea/Gitea.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { Receiver } from "../sandbox/gitea/support.ts"
import { adapter, atOnce } from "./support.ts"

const SHOP = FullName.make("acme/shop")

/** A repository with an issue that is the bot's, on the stand-in behind the adapter. */
const opened = Effect.gen(function* () {
  const sandbox = yield* SandboxGitea
  const gitea = yield* Gitea
  const repository = yield* sandbox.createRepository(SHOP)
  const issue = yield* sandbox.openIssue({
    repository: SHOP,
    title: "Slow search",
    body: "It takes 9 s.",
    by: "ada",
    assignees: [sandbox.bot.login],
    labels: ["bug"]
  })
  return { gitea, sandbox, repository, issue }
})

const calls = Effect.flatMap(SandboxGitea, ({ requests }) =>
  Effect.map(requests, (all) => all.map(({ method, path }) => `${method} ${path}`))
)

describe("Gitea", () => {
  it.effect("knows who the bot is", () =>
    Effect.gen(function* () {
      const { bot } = yield* SandboxGitea
      const user = yield* (yield* Gitea).whoAmI
      assert.deepStrictEqual(user, { id: bot.id, login: bot.login })
    }).pipe(Effect.provide(adapter()))
  )

  it.effect("reads an issue, and a repository by its id", () =>
    Effect.gen(function* () {
      const { gitea, repository, sandbox } = yield* opened
      const issue = yield* gitea.issue(SHOP, 1)
      assert.deepInclude(issue, {
        number: 1,
        title: "Slow search",
        body: "It takes 9 s.",
        state: "open",
        user: { id: 3, login: "ada" },
        assignees: [{ id: sandbox.bot.id, login: sandbox.bot.login }],
        labels: [{ name: "bug" }]
      })
      assert.deepStrictEqual(yield* gitea.repository(repository.id), { id: repository.id, fullName: SHOP })
    }).pipe(Effect.provide(adapter()))
  )

  it.effect("writes, edits and reads comments", () =>
    Effect.gen(function* () {
      const { gitea, issue, sandbox } = yield* opened
      yield* sandbox.comment(issue, "Any news?", "ada")
      const { id } = yield* gitea.createComment(SHOP, 1, "Soon.")
      yield* gitea.editComment(SHOP, id, "Now: <b>é</b> ☃")
      assert.deepStrictEqual(
        (yield* gitea.comments(SHOP, 1)).map(({ body, user }) => `${user.login}: ${body}`),
        ["ada: Any news?", `${sandbox.bot.login}: Now: <b>é</b> ☃`]
      )
    }).pipe(Effect.provide(adapter()))
  )

  it.effect("reads a timeline, and one without entries, which Gitea sends as null", () =>
    Effect.gen(function* () {
      const { gitea, sandbox } = yield* opened
      yield* sandbox.openIssue({ repository: SHOP, title: "Nothing yet", body: "" })
      const entries = yield* gitea.timeline(SHOP, 1)
      assert.deepStrictEqual(
        entries.map(({ assignee, type }) => [type, assignee?.id ?? null]),
        [
          ["label", null],
          ["assignees", sandbox.bot.id]
        ]
      )
      assert.deepStrictEqual(yield* gitea.timeline(SHOP, 2), [])
    }).pipe(Effect.provide(adapter()))
  )

  it.effect("lists the bot's open issues over all pages", () =>
    Effect.gen(function* () {
      const { gitea, issue, sandbox } = yield* opened
      const count = 60
      yield* Effect.forEach(Array.from({ length: count }), () =>
        sandbox.openIssue({ repository: SHOP, title: "More", body: "", assignees: [sandbox.bot.login] })
      )
      yield* sandbox.openIssue({ repository: SHOP, title: "Somebody else's", body: "", assignees: ["ada"] })
      yield* sandbox.close(issue)
      const listed = yield* gitea.assigned
      assert.lengthOf(new Set(listed.map(({ number }) => number)), count)
      assert.isTrue(listed.every(({ repository }) => repository.fullName === SHOP))
    }).pipe(Effect.provide(adapter()))
  )

  it.effect("knows that hooks it may not list are unreadable", () =>
    Effect.gen(function* () {
      const { gitea, sandbox } = yield* opened
      yield* sandbox.fail({ match: /\/hooks$/, kind: "status", status: 403 })
      assert.strictEqual(yield* gitea.hook(SHOP, null), "unreadable")
    }).pipe(Effect.provide(adapter()))
  )

  it.effect("repeats what only reads and what may be said twice, but not a new comment", () =>
    Effect.gen(function* () {
      const { gitea, sandbox } = yield* opened
      const { id } = yield* gitea.createComment(SHOP, 1, "Soon.")
      const before = (yield* calls).length
      yield* sandbox.fail({ match: /./, kind: "reset", times: 2 })
      yield* gitea.issue(SHOP, 1)
      yield* sandbox.fail({ match: /./, kind: "status", status: 502, times: 2 })
      yield* gitea.editComment(SHOP, id, "Later.")
      yield* sandbox.fail({ match: /./, kind: "status", status: 502 })
      assert.strictEqual((yield* Effect.flip(gitea.createComment(SHOP, 1, "Twice?"))).status, 502)
      const made = (yield* calls).slice(before).map((call) => call.split(" ")[0])
      assert.deepStrictEqual(made, ["GET", "GET", "GET", "PATCH", "PATCH", "PATCH", "POST"])
    }).pipe(Effect.provide(adapter(atOnce)))
  )

  it.effect("calls nobody without a token", () =>
    Effect.gen(function* () {
      const { gitea } = yield* opened
      assert.strictEqual((yield* Effect.flip(gitea.issue(SHOP, 1))).status, 401)
      assert.isEmpty(yield* calls)
    }).pipe(Effect.provide(adapter(atOnce, { giteaToken: null })))
  )

  it.effect("gives a call ten seconds", () =>
    Effect.gen(function* () {
      const { gitea, sandbox } = yield* opened
      yield* sandbox.fail({ match: /./, kind: "hang" })
      const fiber = yield* Effect.forkChild(Effect.flip(gitea.issue(SHOP, 1)), { startImmediately: true })
      yield* TestClock.adjust("9999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      const error = yield* Fiber.join(fiber)
      assert.deepInclude(error, { status: null, retryable: true, detail: "no answer within 10 seconds" })
    }).pipe(Effect.provide(adapter()))
  )

  it.effect("follows no redirect, and shows its token to nobody else", () =>
    Effect.gen(function* () {
      const { gitea, sandbox } = yield* opened
      const elsewhere = yield* Receiver
      const redirect = { kind: "status", headers: { location: `${elsewhere.url}/api/v1/user` } } as const
      yield* sandbox.fail({ ...redirect, match: /^GET/, status: 302 })
      yield* sandbox.fail({ ...redirect, match: /^POST/, status: 307 })
      const read = yield* Effect.flip(gitea.issue(SHOP, 1))
      const written = yield* Effect.flip(gitea.createComment(SHOP, 1, "Soon."))
      assert.include(read.detail, "a redirect (302)")
      assert.include(written.detail, "a redirect (307)")
      assert.isEmpty(yield* elsewhere.received)
    }).pipe(Effect.provide([adapter(), Receiver.layer]))
  )

  it.effect("knows a repository that was renamed by its 301", () =>
    Effect.gen(function* () {
      const { gitea, repository, sandbox } = yield* opened
      yield* sandbox.rename(SHOP, "acme/store")
      const error = yield* Effect.flip(gitea.issue(SHOP, 1))
      assert.strictEqual(error.status, 301)
      assert.include(error.message, "the repository or its owner was renamed")
      assert.strictEqual((yield* gitea.repository(repository.id)).fullName, "acme/store")
    }).pipe(Effect.provide(adapter()))
  )
})
