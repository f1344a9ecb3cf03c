import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  ModelAuth,
  ModelRejected,
  ModelSpendLimit,
  ModelUnfit,
  ThinkingRejected
} from "../../src/anthropic/ModelError.ts"
import { parked } from "../../src/domain/Outcome.ts"
import { SessionOpening } from "../../src/session/SessionOpening.ts"
import { reply, text, toolUse } from "../harness/Models.ts"
import { alter } from "../harness/StoreBuilder.ts"
import { column } from "../harness/StoreReader.ts"
import { claimed, claude, finish, told, work, workbench, workOn } from "../harness/Workbench.ts"
import type { Script } from "../harness/Workbench.ts"

const call = { operation: "turn", requestId: "req_7" }
const rejected = new ModelRejected({ ...call, status: 400, code: null, detail: "messages: key sk-123 at 10.0.0.1" })
const thought = reply([
  { type: "thinking", thinking: "Hm.", signature: "signed" },
  text("I note."),
  toolUse("progress", { done: "read", next: "answer" })
])

/** Turns that go as given, one after the other. */
const turns =
  (...all: ReadonlyArray<ReturnType<Script["turn"]>>): Script["turn"] =>
  (_, index) =>
    all[index] ?? Effect.die("no more turns")

describe("A request that is refused", () => {
  it.effect("after replies is followed by a fresh session, which completes the task", () => {
    const model = claude({
      turn: turns(Effect.succeed(thought), Effect.fail(rejected), Effect.succeed(finish("Move the rule.")))
    })
    return Effect.gen(function* () {
      assert.deepInclude(yield* work, { to: "completed", answer: "Move the rule." })
      assert.deepStrictEqual(yield* column("sessions", "state"), ["rotated", "ended"])
      assert.lengthOf(model.paid()[2]?.request.messages ?? [], 1)
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("at the start of a session parks the task, in words of our own", () => {
    const model = claude({ turn: () => Effect.fail(rejected) })
    return Effect.gen(function* () {
      const outcome = yield* work
      assert.deepStrictEqual(
        outcome,
        parked(
          "Claude refused a request of this conversation (400, request req_7); the log of the coordinator says why"
        )
      )
      assert.lengthOf(model.paid(), 1)
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("in the fresh session as well parks the task", () => {
    const model = claude({ turn: turns(Effect.succeed(thought), Effect.fail(rejected), Effect.fail(rejected)) })
    return Effect.gen(function* () {
      assert.strictEqual((yield* work)?.to, "parked")
      assert.lengthOf(model.paid(), 3)
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("for its thinking is sent again without it, in the same session", () => {
    const model = claude({
      turn: turns(
        Effect.succeed(thought),
        Effect.fail(new ThinkingRejected(call)),
        Effect.succeed(thought),
        Effect.succeed(finish("done"))
      )
    })
    return Effect.gen(function* () {
      assert.strictEqual((yield* work)?.to, "completed")
      const sent = model.paid().map(({ request }) => request.messages.filter(({ role }) => role === "assistant"))
      assert.deepStrictEqual(
        sent.map((all) => all.map(({ content }) => content[0]?.["type"])),
        [[], ["thinking"], ["text"], ["text", "thinking"]]
      )
      assert.lengthOf(yield* told, 1)
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("for its thinking when there is none left is followed by a fresh session", () => {
    const model = claude({
      turn: turns(
        Effect.succeed(thought),
        Effect.fail(new ThinkingRejected(call)),
        Effect.fail(new ThinkingRejected(call)),
        Effect.succeed(finish("done"))
      )
    })
    return Effect.gen(function* () {
      assert.strictEqual((yield* work)?.to, "completed")
      assert.lengthOf(yield* told, 2)
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect.each([
    new ModelAuth({ ...call, detail: "the key is gone" }),
    new ModelUnfit({ ...call, detail: "the model is gone" }),
    new ModelSpendLimit({ ...call, code: "credit_balance_too_low" })
  ])("with $_tag is left to the caller, and parks nothing", (error) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Effect.flip(work), error)
      assert.deepStrictEqual(yield* told, [["Asked"]])
    }).pipe(Effect.provide(workbench({ claude: claude({ turn: () => Effect.fail(error) }) })))
  )

  it.effect("by the models endpoint is left to the caller, before a session is open", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(work))._tag, "ModelAuth")
      assert.deepStrictEqual(yield* told, [])
    }).pipe(
      Effect.provide(
        workbench({ claude: claude({ info: Effect.fail(new ModelAuth({ ...call, detail: "refused" })) }) })
      )
    )
  )

  it.effect("because its model is gone goes on with that of the settings", () => {
    const gone = new ModelUnfit({ ...call, detail: "the model is not known" })
    const model = claude({
      turn: (request) => (request.model === "claude-gone" ? Effect.fail(gone) : Effect.succeed(finish("done")))
    })
    return Effect.gen(function* () {
      const claim = yield* claimed
      const { id } = yield* (yield* SessionOpening).open(claim, null)
      yield* alter("sessions", { model: "claude-gone" }, { id })
      assert.deepInclude(yield* workOn(claim), { to: "completed", answer: "done" })
      assert.deepStrictEqual(yield* column("sessions", "model"), ["claude-gone", "claude-sandbox"])
    }).pipe(Effect.provide(workbench({ claude: model, settings: { model: "claude-sandbox" } })))
  })
})
