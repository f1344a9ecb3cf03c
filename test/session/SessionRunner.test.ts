import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ContextOverflow, ModelUnavailable } from "../../src/anthropic/ModelError.ts"
import { INTERRUPTED_CALL, NUDGE } from "../../src/domain/NextStep.ts"
import { parked } from "../../src/domain/Outcome.ts"
import { Journal } from "../../src/session/Journal.ts"
import { SessionRunner } from "../../src/session/SessionRunner.ts"
import type { Claim } from "../../src/task/Lease.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { issue } from "../harness/Deliveries.ts"
import { reply, text, toolUse } from "../harness/Models.ts"
import { column } from "../harness/StoreReader.ts"
import { claimed, claude, finish, inOrder, TASK, told, work, workbench, workOn } from "../harness/Workbench.ts"
import type { Script } from "../harness/Workbench.ts"

const call = { operation: "turn", requestId: null }
const read = reply([toolUse("read_comments", { page: 1 })])

const outcomeOf = (turn: Script["turn"]) => Effect.provide(work, workbench({ claude: claude({ turn }) }))

/** A run in a process that is stopping. */
const runStopping = Effect.fnUntraced(function* (claim: Claim) {
  const runner = yield* SessionRunner
  return yield* runner.run({
    claim,
    issue: issue(),
    sight: Effect.succeed(null),
    look: Effect.void,
    workplace: null,
    stopping: Effect.succeed(true)
  })
})

describe("SessionRunner", () => {
  it.effect("works an issue from its first prompt to its answer", () => {
    const model = claude({
      turn: inOrder(read, reply([toolUse("progress", { done: "read", next: "answer" })]), finish("Move the rule."))
    })
    return Effect.gen(function* () {
      const claim = yield* claimed
      const outcome = yield* workOn(claim)
      assert.deepStrictEqual(outcome, { to: "completed", cause: "the answer was given", answer: "Move the rule." })
      assert.deepStrictEqual(
        (yield* (yield* Journal).sessions(claim.task)).map(({ state }) => state),
        ["open"]
      )
      const turn = ["Asked", "Replied", "ToolStarted", "ToolEnded"]
      assert.deepStrictEqual(yield* told, [[...turn, ...turn, ...turn]])
      assert.strictEqual(model.paid().length, 3)
      const task = yield* (yield* Tasks).find(TASK)
      assert.deepInclude(task, { turns: 3, tokens: 330, attempts: 0 })
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("keeps the progress comment up to date with the newest note", () =>
    Effect.gen(function* () {
      yield* work
      const [comment] = yield* column("outbox", "body")
      assert.include(comment, "Session 1, 2 turns")
      assert.include(comment, "- next: write the plan")
    }).pipe(
      Effect.provide(
        workbench({
          claude: claude({
            turn: inOrder(reply([toolUse("progress", { done: "read", next: "write the plan" })]), finish("a"))
          })
        })
      )
    )
  )

  it.effect("sends the same system prompt and tools with every request, and the history as it was", () => {
    const model = claude({ turn: inOrder(read, read, finish("done")) })
    return Effect.gen(function* () {
      yield* work
      const requests = model.paid().map(({ request }) => request)
      assert.strictEqual(new Set(requests.map(({ system, tools }) => system + tools)).size, 1)
      const [first, second, third] = requests.map(({ messages }) => messages)
      assert.deepStrictEqual(second?.slice(0, 1), first)
      assert.deepStrictEqual(third?.slice(0, 3), second)
      assert.deepStrictEqual(second?.[1]?.content, read.content)
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("asks once for the answer when the model stops without `finish`, then takes its last text", () => {
    const model = claude({ turn: inOrder(reply("Thinking."), reply("It is the gutter.")) })
    return Effect.gen(function* () {
      const outcome = yield* work
      assert.deepInclude(outcome, { to: "completed", answer: "It is the gutter." })
      assert.strictEqual(model.paid().length, 2)
      assert.deepStrictEqual(model.paid()[1]?.request.messages.at(-1)?.content, [text(NUDGE)])
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("parks when the model stops twice without a word", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* outcomeOf(inOrder(reply([], { stopReason: "end_turn" }))),
        parked("the model stopped without an answer")
      )
    })
  )

  it.effect("publishes a blocked answer and parks the task", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* outcomeOf(inOrder(finish("Which gutter?", "blocked"))), {
        to: "parked",
        answer: "Which gutter?"
      })
    })
  )

  it.effect("sends a paused turn again five times, then parks", () => {
    const model = claude({ turn: inOrder(reply("...", { stopReason: "pause_turn" })) })
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* work, parked("the model paused its turn 6 times in a row"))
      assert.strictEqual(model.paid().length, 6)
      const roles = model.paid()[1]?.request.messages.map(({ role }) => role)
      assert.deepStrictEqual(roles, ["user", "assistant"])
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("parks on a refusal", () =>
    Effect.gen(function* () {
      const outcome = yield* outcomeOf(inOrder(reply("No.", { stopReason: "refusal" })))
      assert.deepStrictEqual(outcome, parked("Claude refused to go on"))
    })
  )

  it.effect("leaves an outage to its caller, with the request journalled", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(work)
      assert.strictEqual(error._tag, "ModelUnavailable")
      assert.deepStrictEqual(yield* told, [["Asked"]])
    }).pipe(
      Effect.provide(
        workbench({
          claude: claude({ turn: () => Effect.fail(new ModelUnavailable({ ...call, kind: "connection" })) })
        })
      )
    )
  )

  it.effect("begins no paid call once the process is stopping, and goes on from there later", () => {
    const model = claude({ turn: inOrder(finish("done")) })
    return Effect.gen(function* () {
      const claim = yield* claimed
      assert.isNull(yield* runStopping(claim))
      assert.deepStrictEqual([model.paid().length, (yield* told)[0]], [0, ["Asked"]])
      assert.deepInclude(yield* workOn(claim), { answer: "done" })
      assert.strictEqual(model.paid().length, 1)
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("does not run a call that the length limit cut, and lets the model go on", () => {
    const cut = reply([toolUse("finish", { answer: "half" })], { stopReason: "max_tokens" })
    return Effect.gen(function* () {
      assert.deepInclude(yield* outcomeOf(inOrder(cut, finish("whole"))), { answer: "whole" })
    })
  })

  it.effect("answers a call that was under way when the process died, without running it again", () => {
    const model = claude({ turn: inOrder(finish("done")) })
    return Effect.gen(function* () {
      const claim = yield* claimed
      const journal = yield* Journal
      yield* runStopping(claim)
      const [session] = yield* journal.sessions(claim.task)
      if (session === undefined) return assert.fail("no session")
      yield* journal.append(claim, session.id, 1, { _tag: "Replied", reply: read, elapsed: 0 })
      yield* journal.append(claim, session.id, 2, { _tag: "ToolStarted", id: "toolu_read_comments" })
      yield* workOn(claim)
      assert.deepStrictEqual(model.paid()[0]?.request.messages.at(-1)?.content, [
        { type: "tool_result", tool_use_id: "toolu_read_comments", content: INTERRUPTED_CALL, is_error: true }
      ])
    }).pipe(
      Effect.provide(
        workbench({
          claude: model,
          toolbox: {
            run: (taskId, { name }) =>
              name === "finish"
                ? Effect.succeed({ text: "finished", isError: false })
                : Effect.die(`${taskId} ran ${name} again`)
          }
        })
      )
    )
  })

  it.effect("rotates when the API says that the context is full, and parks after three sessions without a turn", () => {
    const model = claude({ turn: () => Effect.fail(new ContextOverflow(call)) })
    return Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* work,
        parked(
          `3 sessions in a row ended without a finished turn, the last one because ${new ContextOverflow(call).message}`
        )
      )
      assert.strictEqual(model.paid().length, 3)
      assert.deepStrictEqual(yield* told, [["Asked"], ["Asked"], ["Asked"]])
    }).pipe(Effect.provide(workbench({ claude: model })))
  })
})
