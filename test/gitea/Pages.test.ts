import { assert, describe, it } from "@effect/vitest"
import { Array, Effect, Layer, Schema } from "effect"
import { FullName } from "../../src/domain/Repository.ts"
import { Gitea } from "../../src/gitea/Gitea.ts"
import { tooLong } from "../../src/gitea/GiteaError.ts"
import { makePages } from "../../src/gitea/Pages.ts"
import type { Get } from "../../src/gitea/Pages.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { SetupFaults } from "../../src/telemetry/SetupFaults.ts"
import { logged } from "../harness/Logged.ts"
import { settings } from "../harness/TestSettings.ts"
import { adapter } from "./support.ts"

const SHOP = FullName.make("acme/shop")
const LIST = { operation: "list things", path: "/things" }
const SAID = "Warn A list of Gitea's does not end"

const encode = Schema.encodeSync(Schema.fromJsonString(Schema.Array(Schema.Int)))

/** A server with a list: which of its elements a page has, and those that no answer may hold together with others, or at all. */
const serving = (
  elementsOf: (start: number, limit: number) => ReadonlyArray<number>,
  big: ReadonlyArray<number> = []
) => {
  const asked: Array<string> = []
  const get: Get = ({ operation, query = {} }, answer) =>
    Effect.suspend(() => {
      const [page, limit] = [Number(query["page"]), Number(query["limit"])]
      asked.push(`${page}/${limit}`)
      const elements = elementsOf((page - 1) * limit, limit)
      if (elements.some((it) => big.includes(it))) return Effect.fail(tooLong(operation, null))
      const reading = answer(encode(elements))
      return reading._tag === "Read" ? Effect.succeed(reading.value) : Effect.die("not read")
    })
  return { asked, get }
}

const of =
  (count: number) =>
  (start: number, limit: number): ReadonlyArray<number> =>
    start >= count ? [] : Array.range(start, Math.min(count, start + limit) - 1)

const read = (get: Get, times = 1) => {
  const lines: Array<string> = []
  return Effect.gen(function* () {
    const pages = yield* makePages(get)
    const all = yield* Effect.replicateEffect(pages(LIST, Schema.Int), times)
    return { all, lines, standing: yield* (yield* SetupFaults).standing }
  }).pipe(Effect.provide([SetupFaults.layer, logged(lines).pipe(Layer.provide(settings()))]))
}

describe("Pages", () => {
  it.effect("are read until one is empty", () =>
    Effect.gen(function* () {
      const { asked, get } = serving(of(120))
      const { all, lines } = yield* read(get)
      assert.deepStrictEqual(all, [{ items: Array.range(0, 119), isWhole: true }])
      assert.deepStrictEqual(asked, ["1/50", "2/50", "3/50", "4/50"])
      assert.isEmpty(lines)
    })
  )

  it.effect("whose answer is too long are read as smaller ones, and what is too long by itself is left out", () =>
    Effect.gen(function* () {
      const { asked, get } = serving(of(70), [57])
      const { all } = yield* read(get)
      const [listed] = all
      assert.deepStrictEqual(
        listed?.items,
        Array.range(0, 69).filter((it) => it !== 57)
      )
      assert.isFalse(listed?.isWhole)
      assert.deepStrictEqual(asked.slice(1, 4), ["2/50", "6/10", "51/1"])
      assert.include(asked, "58/1")
    })
  )

  it.effect("that never end are read up to a bound, which is said once", () =>
    Effect.gen(function* () {
      const { asked, get } = serving((start, limit) => Array.range(start, start + limit - 1))
      const { all, lines, standing } = yield* read(get, 3)
      for (const { isWhole, items } of all) assert.deepStrictEqual([isWhole, items.length], [false, 10_000])
      assert.lengthOf(asked, 3 * 200)
      assert.deepStrictEqual(lines, [SAID])
      assert.include(standing[0]?.why, "only its first 10000 elements are looked at")
    })
  )

  it.effect("that never end and are each too long are read up to a bound", () =>
    Effect.gen(function* () {
      const { asked, get } = serving((start, limit) => Array.range(start, start + limit - 1), Array.range(0, 20_000))
      yield* read(get)
      assert.isAtMost(asked.length, 400 + 56)
    })
  )

  it.effect("that repeat themselves end with the first that brings nothing new", () =>
    Effect.gen(function* () {
      const { asked, get } = serving((_, limit) => of(50)(0, limit))
      const { all, lines } = yield* read(get)
      assert.deepStrictEqual(asked, ["1/50", "2/50"])
      assert.deepStrictEqual(all, [{ items: Array.range(0, 49), isWhole: false }])
      assert.deepStrictEqual(lines, [SAID])
    })
  )

  it.effect("that end again are nothing to be told of any longer", () =>
    Effect.gen(function* () {
      let isEndless = true
      const { get } = serving((start, limit) => (isEndless || start === 0 ? of(50)(0, limit) : []))
      const faults = yield* SetupFaults
      const pages = yield* makePages(get)
      yield* pages(LIST, Schema.Int)
      assert.lengthOf(yield* faults.standing, 1)
      isEndless = false
      yield* pages(LIST, Schema.Int)
      assert.isEmpty(yield* faults.standing)
    }).pipe(Effect.provide(SetupFaults.layer))
  )
})

describe("Gitea's lists", () => {
  const opened = Effect.gen(function* () {
    const sandbox = yield* SandboxGitea
    yield* sandbox.createRepository(SHOP)
    yield* sandbox.promote(SHOP)
    yield* sandbox.setHooks(SHOP, [
      { url: "http://127.0.0.1:9/webhook/gitea", secret: "s", active: true, events: ["issues", "issue_assign"] }
    ])
    return { sandbox, gitea: yield* Gitea }
  })

  it.effect("come to an end where their pages do not", () =>
    Effect.gen(function* () {
      const { gitea, sandbox } = yield* opened
      const issue = { repository: SHOP, title: "Slow", body: "", assignees: [sandbox.bot.login] }
      yield* Effect.replicateEffect(sandbox.openIssue(issue), 60, { discard: true })
      yield* sandbox.behave({ endless: true })
      const calls = Effect.map(sandbox.requests, ({ length }) => length)
      const before = yield* calls
      assert.lengthOf(yield* gitea.assigned, 60)
      assert.strictEqual(yield* gitea.hook(SHOP, null), "active")
      assert.isEmpty(yield* gitea.openPulls(SHOP))
      assert.lengthOf(yield* gitea.timeline(SHOP, 1), 1)
      assert.isAtMost((yield* calls) - before, 8)
    }).pipe(Effect.provide(adapter()))
  )

  it.effect("are read where they are longer than an answer may be", () =>
    Effect.gen(function* () {
      const { gitea, sandbox } = yield* opened
      const body = "x".repeat(500_000)
      const issue = { repository: SHOP, title: "Slow", body, assignees: [sandbox.bot.login] }
      yield* Effect.replicateEffect(sandbox.openIssue(issue), 45, { discard: true })
      assert.lengthOf(yield* gitea.assigned, 45)
    }).pipe(Effect.provide(adapter()))
  )

  it.effect(
    "of comments and of a timeline give the newest, with the beginning of each text, where they are longer",
    () =>
      Effect.gen(function* () {
        const { gitea, sandbox } = yield* opened
        const issue = yield* sandbox.openIssue({ repository: SHOP, title: "Slow", body: "" })
        yield* sandbox.assign(issue, sandbox.bot.login, "ada")
        const flood = (number: number) => sandbox.comment(issue, `${number} ${"x".repeat(60_000)}`, "eve")
        yield* Effect.forEach(Array.range(1, 290), flood, { discard: true })
        yield* gitea.createComment(SHOP, 1, "Mine.")
        const comments = yield* gitea.comments(SHOP, 1)
        assert.lengthOf(comments, 291)
        assert.deepInclude(comments.at(-1), { body: "Mine." })
        assert.match(comments[0]?.body ?? "", /^1 x{7998}\n\n\[The rest of this comment was not read/)
        const timeline = yield* gitea.timeline(SHOP, 1)
        assert.deepStrictEqual(
          timeline.slice(0, 2).map(({ type }) => type),
          ["assignees", "comment"]
        )
        assert.lengthOf(timeline, 292)
        assert.isNull(yield* gitea.health)
      }).pipe(Effect.provide(adapter()))
  )
})
