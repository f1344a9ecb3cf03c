import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { ModelRequest } from "../../src/anthropic/ModelRequest.ts"
import { estimateTokens } from "../../src/domain/ContextUsage.ts"
import { FIRST_PROMPT_SHARE } from "../../src/domain/Prompt.ts"
import type { Comment } from "../../src/domain/Comment.ts"
import { SessionRunner } from "../../src/session/SessionRunner.ts"
import { issue, PERSON } from "../harness/Deliveries.ts"
import { reply, toolUse, usage } from "../harness/Models.ts"
import { column, read } from "../harness/StoreReader.ts"
import { claimed, claude, finish, inOrder, told, workbench } from "../harness/Workbench.ts"

const LIMIT = 20_000
const nearlyFull = usage(LIMIT * 0.96, 0)
const comments = (count: number, length: number): ReadonlyArray<Comment> =>
  Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    user: PERSON,
    body: `${index + 1}${"x".repeat(length)}`
  }))

const work = (body: string) =>
  Effect.gen(function* () {
    const claim = yield* claimed
    return yield* (yield* SessionRunner).run({
      claim,
      issue: issue({ body }),
      workplace: null,
      sight: Effect.succeed(null),
      look: Effect.void,
      stopping: Effect.succeed(false)
    })
  })

/** A first prompt counts as small, any longer history as nearly full. */
const count = ({ messages }: ModelRequest) => Effect.succeed(messages.length === 1 ? 1_000 : LIMIT * 0.96)

const promptOf = (model: ReturnType<typeof claude>, index: number) =>
  String(model.paid()[index]?.request.messages[0]?.content[0]?.["text"])

const on = (model: ReturnType<typeof claude>, all: ReadonlyArray<Comment> = []) =>
  Effect.provide(workbench({ claude: model, comments: all, settings: { contextLimit: LIMIT } }))

describe("Rotation", () => {
  const calls = [
    toolUse("progress", { done: "read all", next: "weigh the two ways", failed: "none" }, "toolu_1"),
    toolUse("read_comments", { page: 1 }, "toolu_2"),
    toolUse("read_comments", { page: -4 }, "toolu_3")
  ]

  it.effect("hands the task over: constraints verbatim, what was done and what failed, and the next step", () => {
    const model = claude({ turn: inOrder(reply(calls, { usage: nearlyFull }), finish("done")), count })
    return Effect.gen(function* () {
      const outcome = yield* work("Please look.\n- [ ] margins stay\nYou must not change the fonts.\nThanks.")
      assert.deepInclude(outcome, { answer: "done" })
      const prompt = promptOf(model, 1)
      const section = (label: string) => prompt.split(`${label}\n`)[1]?.split("\n====")[0]
      assert.include(prompt, "You go on with inkwell/letterpress#57 in a fresh session")
      assert.strictEqual(
        section("constraints, verbatim from the issue"),
        "- [ ] margins stay\nYou must not change the fonts."
      )
      assert.include(section("done before you, oldest first"), "read_comments page=1 -> page 1 of 1")
      assert.include(section("failed before you"), "read_comments page=-4")
      assert.strictEqual(section("next step, as noted last"), "weigh the two ways")
      assert.strictEqual(section("last summary"), "none")
    }).pipe(on(model))
  })

  it.effect("links the sessions, and starts the successor with a history of its own", () => {
    const model = claude({ turn: inOrder(reply(calls, { usage: nearlyFull }), finish("done")), count })
    return Effect.gen(function* () {
      yield* work("")
      // The last one is ended with its claim, when the task moves.
      const sessions = yield* read("sessions", ["id", "state", "predecessor"])
      assert.deepStrictEqual(
        sessions.map(({ state, predecessor }) => [state, predecessor]),
        [
          ["rotated", null],
          ["open", sessions[0]?.id]
        ]
      )
      assert.strictEqual(model.paid()[1]?.request.messages.length, 1)
      assert.deepStrictEqual((yield* told)[1], ["Asked", "Replied", "ToolStarted", "ToolEnded"])
    }).pipe(on(model))
  })

  it.effect("keeps the first prompt of every session within its share of the limit", () => {
    const model = claude({
      turn: inOrder(
        reply([...calls, ...calls.map((one) => ({ ...one, id: `${String(one["id"])}b` }))], { usage: nearlyFull }),
        finish("done")
      ),
      count
    })
    return Effect.gen(function* () {
      yield* work(`You must do this.\n${"It must be so, and never otherwise.\n".repeat(5_000)}`)
      assert.include(promptOf(model, 1), "in a fresh session")
      for (const index of [0, 1]) {
        assert.isAtMost(estimateTokens(promptOf(model, index)), LIMIT * FIRST_PROMPT_SHARE)
        assert.include(promptOf(model, index), "[cut here: it was longer]")
      }
    }).pipe(on(model, comments(50, 2_000)))
  })

  it.effect("cuts a first prompt to the newest comments, and says so", () => {
    const model = claude({ turn: inOrder(finish("done")) })
    return Effect.gen(function* () {
      yield* work("Short.")
      const prompt = promptOf(model, 0)
      assert.include(prompt, "The newest 7 of 30 comments; the others did not fit.")
      assert.include(prompt, "comment 30 by mira")
      assert.notInclude(prompt, "comment 23 by mira")
    }).pipe(on(model, comments(30, 2_000)))
  })

  it.effect("takes the window from the models endpoint, or the lower budget of the settings", () =>
    Effect.gen(function* () {
      const limitOf = (contextLimit: number | null) =>
        work("").pipe(
          Effect.andThen(column("sessions", "limit")),
          Effect.map(([limit]) => limit),
          Effect.provide(workbench({ claude: claude({}), settings: { contextLimit } }))
        )
      assert.deepStrictEqual(yield* Effect.forEach([null, 150_000, 300_000], limitOf), [200_000, 150_000, 200_000])
    })
  )
})
