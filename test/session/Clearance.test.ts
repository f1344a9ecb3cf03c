import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { ModelUnavailable } from "../../src/anthropic/ModelError.ts"
import { parked } from "../../src/domain/Outcome.ts"
import { PaidStep, Clearance } from "../../src/session/Clearance.ts"
import { Conversations } from "../../src/session/Conversations.ts"
import { SessionOpening } from "../../src/session/SessionOpening.ts"
import { warned } from "../harness/Logged.ts"
import { MODEL_INFO, reply, toolUse, usage } from "../harness/Models.ts"
import { alter } from "../harness/StoreBuilder.ts"
import { count } from "../harness/StoreReader.ts"
import { claimed, claude, finish, inOrder, work, workbench, workOn } from "../harness/Workbench.ts"
import type { Script } from "../harness/Workbench.ts"

const down = new ModelUnavailable({ operation: "count", requestId: null, kind: "connection" })
const WARNING = "Warn Context cannot be counted"
const read = (percent: number) => reply([toolUse("read_comments", { page: 1 })], { usage: usage(percent * 2_000, 0) })

/** The clearance after one reply that filled the context, under a count that says so, or fails. */
const clearanceAfter = (percent: number, script: Partial<Script> = {}) =>
  Effect.gen(function* () {
    const claim = yield* claimed
    const session = yield* (yield* SessionOpening).open(claim, null)
    const talk = yield* (yield* Conversations).resume(claim, session)
    yield* talk.ask("Please look.")
    yield* talk.append({ _tag: "Replied", reply: read(percent), elapsed: 0 })
    return yield* (yield* Clearance).clear(claim, talk)
  }).pipe(Effect.scoped, Effect.provide(workbench({ claude: claude(script) })))

describe("Clearance", () => {
  it.effect.each([
    [79.9, PaidStep.Send()],
    [80, PaidStep.Compact()],
    [94.9, PaidStep.Compact()],
    [95, PaidStep.Rotate({ cause: "the context is 95 % full" })]
  ] as const)("decides before a request with the context %d % full", ([percent, clearance]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* clearanceAfter(percent), clearance)
    })
  )

  it.effect("rotates at 80 % where the model cannot compact", () =>
    Effect.gen(function* () {
      const script = { info: Effect.succeed({ ...MODEL_INFO, canCompact: false }) }
      assert.strictEqual((yield* clearanceAfter(80, script))._tag, "Rotate")
      assert.strictEqual((yield* clearanceAfter(79, script))._tag, "Send")
    })
  )

  it.effect("parks a fresh session that would begin with its context 80 % full, instead of rotating for ever", () => {
    const model = claude({ count: () => Effect.succeed(160_000) })
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* work, parked("a fresh session would begin with its context 80 % full"))
      assert.deepStrictEqual(model.paid(), [])
      assert.strictEqual(yield* count("sessions"), 1)
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("says once that a context cannot be counted, refused or too slow, until it was", () => {
    const lines: Array<string> = []
    const answers = [Effect.fail(down), Effect.never, Effect.fail(down), Effect.succeed(1_000), Effect.fail(down)]
    let asked = 0
    const script = { count: () => Effect.suspend(() => answers[asked++] ?? Effect.succeed(1_000)) }
    return Effect.gen(function* () {
      const claim = yield* claimed
      const session = yield* (yield* SessionOpening).open(claim, null)
      const talk = yield* (yield* Conversations).resume(claim, session)
      const control = yield* Clearance
      const clear = Effect.gen(function* () {
        yield* talk.append({ _tag: "Replied", reply: read(75), elapsed: 0 })
        yield* talk.ask("And then?")
        const cleared = yield* Effect.forkChild(control.clear(claim, talk))
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(cleared)
      })
      yield* talk.ask("Please look.")
      yield* Effect.replicateEffect(clear, 3)
      assert.deepStrictEqual(lines, [WARNING])
      yield* Effect.replicateEffect(clear, 2)
      assert.deepStrictEqual(lines, [WARNING, WARNING])
    }).pipe(Effect.scoped, Effect.provide([workbench({ claude: claude(script) }), warned(lines)]))
  })

  it.effect("carries out what the monitor proposed", () =>
    Effect.gen(function* () {
      const claim = yield* claimed
      const session = yield* (yield* SessionOpening).open(claim, null)
      const talk = yield* (yield* Conversations).resume(claim, session)
      yield* talk.ask("Please look.")
      yield* talk.append({ _tag: "Replied", reply: read(10), elapsed: 0 })
      yield* talk.live.propose("rotate")
      yield* talk.live.propose("compact")
      const control = yield* Clearance
      assert.strictEqual((yield* control.clear(claim, talk))._tag, "Rotate")
      assert.strictEqual((yield* control.clear(claim, talk))._tag, "Send")
    }).pipe(Effect.scoped, Effect.provide(workbench({ claude: claude({}) })))
  )

  it.effect("counts unknown usage first, and sends without a figure when it cannot be counted", () => {
    const model = claude({ count: () => Effect.fail(down), turn: inOrder(finish("done")) })
    return Effect.gen(function* () {
      assert.deepInclude(yield* work, { answer: "done" })
      assert.deepStrictEqual(
        model.calls.map(({ operation }) => operation),
        ["count", "turn"]
      )
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("does not wait longer than ten seconds for a count", () => {
    const model = claude({ count: () => Effect.never, turn: inOrder(finish("done")) })
    return Effect.gen(function* () {
      const running = yield* Effect.forkChild(work)
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(model.paid(), [])
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* Fiber.join(running), { answer: "done" })
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect.each([
    [{ turns: 50 }, "it used its 50 turns"],
    [{ tokens: 2_000_000 }, "it used its 2000000 tokens"],
    [{ elapsed: 7_200_000 }, "it ran for 2 hours"]
  ] as const)("parks a task with %j, before a paid call", ([used, cause]) => {
    const model = claude({})
    return Effect.gen(function* () {
      const claim = yield* claimed
      yield* alter("tasks", used)
      assert.deepStrictEqual(yield* workOn(claim), parked(cause))
      assert.deepStrictEqual(model.calls, [])
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("stops a model that never finishes after 50 turns", () => {
    const model = claude({
      turn: (_, index) => Effect.succeed(reply([toolUse("read_comments", { page: 1 }, `t${index}`)]))
    })
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* work, parked("it used its 50 turns"))
      assert.strictEqual(model.paid().length, 50)
    }).pipe(Effect.provide(workbench({ claude: model })))
  })
})
