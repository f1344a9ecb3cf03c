import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { ModelError } from "../../src/anthropic/ModelError.ts"
import { ContextOverflow, ModelOverloaded, ModelRejected, ModelUnavailable } from "../../src/anthropic/ModelError.ts"
import type { ModelRequest } from "../../src/anthropic/ModelRequest.ts"
import { CONTINUE_COMPACTED } from "../../src/domain/NextStep.ts"
import type { Reply } from "../../src/domain/Reply.ts"
import { compaction, MODEL_INFO, reply, text, toolUse, usage } from "../harness/Models.ts"
import { column, read as readRows } from "../harness/StoreReader.ts"
import { claude, finish, inOrder, told, work, workbench } from "../harness/Workbench.ts"
import type { Script } from "../harness/Workbench.ts"

const call = { operation: "compact", requestId: null }
const read = toolUse("read_comments", { page: 1 })

/** A reply after which the context of 200,000 tokens is as full as this, in percent. */
const filled = (percent: number) => reply([read], { usage: usage(percent * 2_000, 0) })

const isCompacted = ({ messages }: ModelRequest) =>
  messages.some(({ content }) => content.some(({ type }) => type === "compaction"))

/** Counts a first prompt as small, a history as this full, and a compacted one as 5 % or as full as given. */
const counts =
  (percent: number, compacted = 5): Script["count"] =>
  (request) =>
    Effect.succeed(2_000 * (request.messages.length === 1 ? 1 : isCompacted(request) ? compacted : percent))

const summarised = (): Effect.Effect<Reply> => Effect.succeed(compaction("We read the comments."))

const states = column("sessions", "state")

const operations = (model: ReturnType<typeof claude>) => model.paid().map(({ operation }) => operation)

describe("Compaction", () => {
  it.effect("happens at the next turn boundary from 80 % on, and the same session goes on from the summary", () => {
    const model = claude({ turn: inOrder(filled(82), finish("done")), compact: summarised, count: counts(82) })
    return Effect.gen(function* () {
      assert.deepInclude(yield* work, { answer: "done" })
      assert.deepStrictEqual(operations(model), ["turn", "compact", "turn"])
      assert.deepStrictEqual(model.paid()[1]?.request.messages.at(-1)?.content[0]?.["type"], "tool_result")
      assert.deepStrictEqual(model.paid()[2]?.request.messages, [
        { role: "assistant", content: compaction("We read the comments.").content },
        { role: "user", content: [text(CONTINUE_COMPACTED)] }
      ])
      assert.deepStrictEqual(yield* states, ["ended"])
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("is not made at 79.9 %", () => {
    const model = claude({ turn: inOrder(filled(79.9), finish("done")), count: counts(79.9) })
    return Effect.gen(function* () {
      yield* work
      assert.deepStrictEqual(operations(model), ["turn", "turn"])
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("is billed to its task", () => {
    const model = claude({ turn: inOrder(filled(82), finish("done")), compact: summarised, count: counts(82) })
    return Effect.gen(function* () {
      yield* work
      assert.deepStrictEqual(yield* readRows("tasks", ["tokens", "turns"]), [
        { tokens: 164_000 + 1_100 + 110, turns: 2 }
      ])
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("gives way to a rotation from 95 % on", () => {
    const model = claude({ turn: inOrder(filled(95), finish("done")), count: counts(95) })
    return Effect.gen(function* () {
      assert.deepInclude(yield* work, { answer: "done" })
      assert.deepStrictEqual(operations(model), ["turn", "turn"])
      assert.deepStrictEqual(yield* states, ["rotated", "ended"])
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("gives way to a rotation where the model has none", () => {
    const model = claude({
      turn: inOrder(filled(80), finish("done")),
      count: counts(80),
      info: Effect.succeed({ ...MODEL_INFO, canCompact: false })
    })
    return Effect.gen(function* () {
      yield* work
      assert.deepStrictEqual(operations(model), ["turn", "turn"])
      assert.deepStrictEqual(yield* states, ["rotated", "ended"])
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("is followed by a rotation when it did not bring the context under 80 %", () => {
    const model = claude({ turn: inOrder(filled(82), finish("done")), compact: summarised, count: counts(82, 81) })
    return Effect.gen(function* () {
      assert.deepInclude(yield* work, { answer: "done" })
      assert.deepStrictEqual(operations(model), ["turn", "compact", "turn"])
      assert.deepStrictEqual(yield* states, ["rotated", "ended"])
      assert.include(model.paid()[2]?.request.messages[0]?.content[0]?.["text"], "We read the comments.")
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  const refusal: ReadonlyArray<readonly [string, Effect.Effect<Reply, ModelError>]> = [
    ["empty", Effect.succeed(reply([], { stopReason: "compaction" }))],
    ["refused by the model", Effect.succeed(reply("no", { stopReason: "refusal" }))],
    ["unavailable for long", Effect.fail(new ModelOverloaded({ ...call, retryAfter: null }))],
    ["rejected", Effect.fail(new ModelRejected({ ...call, status: 400, code: null, detail: "no" }))],
    ["too long", Effect.fail(new ContextOverflow(call))]
  ]
  it.effect.each(refusal)("that is %s is journalled, never asked for again, and the session rotates", ([, answer]) => {
    const model = claude({ turn: inOrder(filled(82), finish("done")), compact: () => answer, count: counts(82) })
    return Effect.gen(function* () {
      assert.deepInclude(yield* work, { answer: "done" })
      assert.deepStrictEqual(operations(model), ["turn", "compact", "turn"])
      assert.deepStrictEqual(yield* states, ["rotated", "ended"])
      assert.strictEqual((yield* told)[0]?.at(-1), "CompactionFailed")
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("that meets an outage is left for later, with nothing journalled", () => {
    const model = claude({
      turn: inOrder(filled(82)),
      compact: () => Effect.fail(new ModelUnavailable({ ...call, kind: "connection" })),
      count: counts(82)
    })
    return Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(work))._tag, "ModelUnavailable")
      assert.deepStrictEqual(yield* told, [["Asked", "Replied", "ToolStarted", "ToolEnded", "Asked"]])
    }).pipe(Effect.provide(workbench({ claude: model })))
  })
})
