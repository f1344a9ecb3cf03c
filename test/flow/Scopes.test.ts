import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Readiness } from "../../src/operator/Readiness.ts"
import { Isolation } from "../../src/tool/Isolation.ts"
import { IsolationFailed } from "../../src/tool/IsolationFailed.ts"
import { eventually } from "../harness/Eventually.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { mocks } from "../harness/Mocks.ts"

const NAME = "acme/shop"
const DRAFT = { repository: NAME, title: "Slow search", body: "It takes 9 s." }
const READ_ONLY = ["read:user", "read:issue", "read:repository"]
const ENOUGH = ["read:user", "write:issue", "read:repository"]
const ISSUES = 5

const scene = Effect.gen(function* () {
  const it = yield* flow
  const readiness = yield* Readiness
  const paid = Effect.map(it.claude.requests, (all) => all.filter(({ operation }) => operation === "messages").length)
  return {
    ...it,
    paid,
    whys: Effect.map(readiness.report, ({ components: { gitea, worker } }) => [gitea.why ?? "", worker.why ?? ""]),
    opened: Effect.forEach(Array.from({ length: ISSUES }), (_, index) =>
      it.gitea.openIssue({ ...DRAFT, title: `Issue ${index}`, assignees: [it.gitea.bot.login] })
    )
  }
})

/** Tools that nothing is run with: whether there are any is all that counts here. */
const toolsThatAre = (on: boolean) =>
  Layer.merge(
    mocks.ToolHost({ definitions: [] }),
    Layer.succeed(Isolation, {
      verdict: on ? { kind: "on" as const, way: "none" as const, limits: [] } : { kind: "off" as const, why: "none" },
      starter: Effect.fail(new IsolationFailed({ why: "none in this test" }))
    })
  )

describe("A token without a scope", () => {
  for (const { need, tools } of [
    { tools: true, need: "read:user, write:issue, write:repository" },
    { tools: false, need: "read:user, write:issue, read:repository" }
  ]) {
    layer(
      harness({
        tools: toolsThatAre(tools),
        before: (gitea) => Effect.andThen(gitea.createRepository(NAME), gitea.behave({ scopes: ["read:user"] }))
      }),
      { excludeTestServices: true }
    )((it) => {
      it.effect(`is told which it needs where tools are ${tools ? "on" : "off"}`, () =>
        Effect.gen(function* () {
          const { opened, paid, whys } = yield* scene
          yield* opened
          yield* eventually("both name them", whys, (all) => all.every((why) => why.includes(`a token with ${need}`)))
          assert.strictEqual(yield* paid, 0)
        })
      )
    })
  }

  layer(
    harness({
      before: (gitea) => Effect.andThen(gitea.createRepository(NAME), gitea.behave({ scopes: READ_ONLY }))
    }),
    { excludeTestServices: true }
  )((it) => {
    it.effect("is found at start where Gitea tells, and nothing is paid for that could not be answered", () =>
      Effect.gen(function* () {
        const { gitea, opened, paid, settled, task, whys } = yield* scene
        const issues = yield* opened
        yield* settled
        for (const why of yield* whys) assert.include(why, "GITEA_TOKEN lacks the scope write:issue")
        for (const issue of issues) assert.strictEqual((yield* task(issue))?.state, "ready")
        assert.strictEqual(yield* paid, 0)
        assert.isEmpty((yield* Effect.forEach(issues, gitea.comments)).flat())
      })
    )
  })

  layer(
    harness({
      settings: { maxConcurrentAgents: 1 },
      before: (gitea) =>
        gitea.createRepository(NAME).pipe(
          Effect.andThen(gitea.behave({ scopes: READ_ONLY })),
          // As a server answers that has no such path.
          Effect.andThen(gitea.fail({ match: /notifications/, kind: "status", status: 404 }))
        )
    }),
    { excludeTestServices: true }
  )((it) => {
    it.effect("closes the gate with its first refusal; what it kept goes on once a write goes well", () =>
      Effect.gen(function* () {
        const { becomes, gitea, hurry, opened, paid, report, said, task, whys } = yield* scene
        const issues = yield* opened
        yield* eventually("both name the scope", whys, (all) =>
          all.every((why) => why.includes("GITEA_TOKEN lacks the scope write:issue"))
        )
        assert.isAtMost(yield* paid, 1, "what was under way when the first comment was refused")
        for (const issue of issues) assert.notStrictEqual((yield* task(issue))?.state, "completed")

        yield* gitea.behave({ scopes: ENOUGH })
        yield* eventually("the gate is open", Effect.andThen(hurry, whys), (all) => all.every((why) => why === ""))
        yield* Effect.forEach(issues, (issue) => becomes(issue, "completed"))
        yield* said
        for (const issue of issues) assert.lengthOf(yield* report(issue), 1)
      })
    )
  })
})
