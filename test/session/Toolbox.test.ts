import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { noAnswer } from "../../src/gitea/GiteaError.ts"
import type { Comment } from "../../src/domain/Comment.ts"
import type { ToolUse } from "../../src/domain/Reply.ts"
import { estimateTokens } from "../../src/domain/ContextUsage.ts"
import { Toolbox } from "../../src/session/Toolbox.ts"
import { FROM, PERSON } from "../harness/Deliveries.ts"
import { mocks } from "../harness/Mocks.ts"
import { TASK } from "../harness/Workbench.ts"

const comments: ReadonlyArray<Comment> = Array.from({ length: 12 }, (_, index) => ({
  id: index + 1,
  user: PERSON,
  body: `remark ${index + 1}`
}))

const threadOf = (comments: ReadonlyArray<Comment>) => ({ thread: () => Effect.succeed({ comments, from: FROM }) })

const toolbox = (issues: Parameters<typeof mocks.IssueReader>[0] = threadOf(comments)) =>
  Effect.provide(Toolbox.layer.pipe(Layer.provide(mocks.IssueReader(issues))))

const LIMIT = 200_000

const run = Effect.fnUntraced(function* (
  name: string,
  input: ToolUse["input"],
  limit = LIMIT,
  before: ReadonlyArray<string> = []
) {
  const { run } = yield* Toolbox
  return yield* run(TASK, { type: "tool_use", id: "t", name, input }, { limit, before })
})

const Definitions = Schema.fromJsonString(
  Schema.Array(
    Schema.Struct({
      name: Schema.String,
      description: Schema.NonEmptyString,
      input_schema: Schema.Struct({ type: Schema.Literal("object"), required: Schema.Array(Schema.String) })
    })
  )
)

describe("Toolbox", () => {
  it.effect("gives a later result of the same reply the room that is left", () =>
    Effect.gen(function* () {
      const share = 8_000 * 0.6
      const first = yield* run("read_comments", { page: 1 }, 8_000)
      assert.isAtMost(estimateTokens(first.text), share + 100)
      const second = yield* run("read_comments", { page: 1 }, 8_000, [first.text.slice(0, 9_000)])
      assert.isAtMost(estimateTokens(second.text), share - 3_000 + 100)
    }).pipe(toolbox(threadOf([{ id: 1, user: PERSON, body: "x".repeat(100_000) }])))
  )

  it.effect("defines its tools as the Messages API wants them", () =>
    Effect.gen(function* () {
      const { definitions } = yield* Toolbox
      const tools = yield* Schema.decodeEffect(Definitions)(definitions)
      assert.deepStrictEqual(
        tools.map(({ name, input_schema }) => [name, input_schema.required]),
        [
          ["read_comments", ["page"]],
          ["progress", ["done", "next"]],
          ["finish", ["answer", "status"]]
        ]
      )
    }).pipe(toolbox())
  )

  it.effect("keeps a page within a share of the context, whatever a comment is as long as", () => {
    const long = { id: 1, user: PERSON, body: "x".repeat(1_000_000) }
    return Effect.gen(function* () {
      const { text } = yield* run("read_comments", { page: 1 }, 8_000)
      assert.isBelow(estimateTokens(text), 0.61 * 8_000)
      assert.include(text, "page 1 of 1")
      assert.include(text, "did not fit")
      assert.include(text, "no more comments")
    }).pipe(toolbox(threadOf([long, ...comments.slice(0, 3)])))
  })

  it.effect("reads comments page by page, fenced as a stranger's text, and tells where they end", () =>
    Effect.gen(function* () {
      const first = yield* run("read_comments", { page: 1 })
      const second = yield* run("read_comments", { page: 2 })
      assert.include(first.text, "page 1 of 2")
      assert.include(first.text, "======== comment 1 by mira\nremark 1\n========")
      assert.notInclude(first.text, "no more comments")
      assert.include(second.text, "remark 12")
      assert.include(second.text, "no more comments")
      assert.include((yield* run("read_comments", { page: 9 })).text, "no more comments")
    }).pipe(toolbox())
  )

  it.effect.each([
    ["read_comments", { page: 0 }],
    ["read_comments", { page: "one" }],
    ["progress", { done: "read" }],
    ["finish", { answer: "", status: "done" }],
    ["finish", { answer: "yes", status: "perhaps" }]
  ] as const)("answers bad input of %s with what is wrong with it", ([name, input]) =>
    Effect.gen(function* () {
      const { isError, text } = yield* run(name, input)
      assert.isTrue(isError)
      assert.include(text, "Invalid input")
    }).pipe(toolbox())
  )

  it.effect.each(["delete_repository", "toString", "__proto__"])("has no tool %s", (name) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* run(name, {}), { text: `There is no tool \`${name}\`.`, isError: true })
    }).pipe(toolbox())
  )

  it.effect("tells the model when Gitea does not answer, and goes on", () =>
    Effect.gen(function* () {
      const { isError, text } = yield* run("read_comments", { page: 1 })
      assert.isTrue(isError)
      assert.include(text, "The comments cannot be read now")
    }).pipe(toolbox({ thread: () => Effect.fail(noAnswer("read comments", "no route")) }))
  )
})
