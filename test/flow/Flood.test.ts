import { assert, describe, layer } from "@effect/vitest"
import { Array, Duration, Effect } from "effect"
import { Readiness } from "../../src/operator/Readiness.ts"
import { eventually } from "../harness/Eventually.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { heldTurn } from "./heldTurn.ts"

const NAME = "acme/shop"
const DRAFT = { repository: NAME, title: "Slow search", body: "It takes 9 s." }
const OK = { status: "ok" } as const
/** A stranger's, together over the 16 MiB that are read of one answer. */
const COMMENTS = 290
const FEW = 60
const LENGTH = 60_000
const LIMIT = 180_000

const server = harness({ before: (gitea) => gitea.createRepository(NAME) })

/** An issue that is worked, with its turn held, and what a stranger can do to it. */
const scene = Effect.gen(function* () {
  const it = yield* heldTurn(DRAFT)
  const { gitea, issue } = it
  yield* it.said
  return {
    ...it,
    flood: (count: number) =>
      Effect.forEach(
        Array.range(1, count),
        (number) => gitea.comment(issue, `${number} ${"x".repeat(LENGTH)}`, "stranger"),
        { discard: true }
      )
  }
})

describe("A flood of comments during a run", () => {
  layer(server, { excludeTestServices: true })((it) => {
    it.effect(
      "does not keep the answer that was paid for from the issue",
      () =>
        Effect.gen(function* () {
          const { becomes, flood, issue, progress, report, said, turn } = yield* scene
          yield* flood(COMMENTS)
          yield* turn.release
          yield* becomes(issue, "completed")
          yield* said
          assert.lengthOf(yield* report(issue), 1)
          assert.lengthOf(yield* progress(issue), 1)
          assert.deepInclude((yield* (yield* Readiness).report).components, { gitea: OK, outbox: OK })
        }),
      LIMIT
    )

    it.effect(
      "does not make it be given twice where the answer to its write was lost",
      () =>
        Effect.gen(function* () {
          const { answers, becomes, flood, gitea, issue, report, said, turn } = yield* scene
          yield* flood(FEW)
          yield* gitea.fail({ match: /^POST .*\/comments$/, kind: "doneThenStatus", status: 500 })
          yield* turn.release
          yield* answers(issue)
          yield* said
          yield* becomes(issue, "completed")
          assert.lengthOf(yield* report(issue), 1)
        }),
      LIMIT
    )
  })
})

const endless = harness({
  settings: { reconcileInterval: Duration.millis(300) },
  before: (gitea) => Effect.andThen(gitea.createRepository(NAME), gitea.behave({ endless: true }))
})

describe("Lists that do not end", () => {
  layer(endless, { excludeTestServices: true })((it) => {
    it.effect("keep nobody from an answer, and are told of in readiness", () =>
      Effect.gen(function* () {
        const { becomes, gitea, report, said } = yield* flow
        const issue = yield* gitea.openIssue({ ...DRAFT, assignees: [gitea.bot.login] })
        yield* becomes(issue, "completed")
        yield* said
        assert.lengthOf(yield* report(issue), 1)
        const told = Effect.map((yield* Readiness).report, ({ components }) => components.gitea.why ?? "")
        yield* eventually("it is told", told, (why) => why.includes("a list that does not end"))
      })
    )
  })
})
