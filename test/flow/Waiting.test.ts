import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { textOf } from "../../src/domain/Comment.ts"
import { eventually } from "../harness/Eventually.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"

const DRAFT = { repository: "acme/shop", title: "Slow search", body: "" }
const before = {
  before: (gitea: { createRepository(name: string): Effect.Effect<unknown> }) =>
    gitea.createRepository(DRAFT.repository)
}

const assigned = Effect.gen(function* () {
  const { gitea } = yield* flow
  return yield* gitea.openIssue({ ...DRAFT, assignees: [gitea.bot.login] })
})

describe("An issue is told", () => {
  layer(harness({ ...before, settings: { maxConcurrentAgents: 1 } }), { excludeTestServices: true })((it) => {
    it.effect("that it is at work where work starts at once, and that it is queued where it waits", () =>
      Effect.gen(function* () {
        const { becomes, claude, progress, gitea, said } = yield* flow
        const turn = yield* claude.hold("messages")
        const first = yield* assigned
        yield* turn.arrived
        const shown = (issue: typeof first, what: string) =>
          eventually(what, progress(issue), ([it]) => it !== undefined && textOf(it.body).startsWith(what))
        yield* shown(first, "**At work.**")
        const second = yield* assigned
        yield* shown(second, "**Queued.")
        yield* turn.release
        yield* becomes(first, "completed")
        yield* becomes(second, "completed")
        yield* said
        const written = (yield* gitea.requests).filter(
          ({ method, path }) => method === "POST" && path.endsWith("/comments")
        )
        assert.lengthOf(written, 4)
      })
    )
  })

  layer(harness({ ...before, settings: { anthropicKey: null } }), { excludeTestServices: true })((it) => {
    it.effect("why no work can begin", () =>
      Effect.gen(function* () {
        const { progress } = yield* flow
        const issue = yield* assigned
        const [comment] = yield* eventually("it is said", progress(issue), ({ length }) => length === 1)
        assert.strictEqual(textOf(comment?.body ?? ""), "**Waiting to start.**\n\nWhy: ANTHROPIC_API_KEY is not set.")
      })
    )
  })
})
