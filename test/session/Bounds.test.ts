import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, Effect, Fiber, Layer, Predicate, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ModelClient } from "../../src/anthropic/ModelClient.ts"
import {
  ContextOverflow,
  ModelOverloaded,
  ModelRejected,
  ModelUnavailable,
  ThinkingRejected
} from "../../src/anthropic/ModelError.ts"
import type { Anthropic } from "../../src/anthropic/Anthropic.ts"
import { billedTokens } from "../../src/domain/Reply.ts"
import type { Reply } from "../../src/domain/Reply.ts"
import { MAX_JOURNAL, MAX_REPLY_RESULTS, TOO_MANY_CALLS } from "../../src/domain/SessionLimits.ts"
import { MAX_REQUESTS, MAX_TOKENS, MAX_TRIES, MAX_TURNS } from "../../src/domain/TaskLimits.ts"
import { Clearance } from "../../src/session/Clearance.ts"
import { Conversations } from "../../src/session/Conversations.ts"
import { SessionOpening } from "../../src/session/SessionOpening.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { mocks } from "../harness/Mocks.ts"
import { stored } from "../harness/StoreBuilder.ts"
import { changesOf } from "../harness/StoreHistory.ts"
import { column } from "../harness/StoreReader.ts"
import { compaction, MODEL_INFO, reply, toolUse, usage } from "../harness/Models.ts"
import {
  claimed,
  claude,
  finish,
  inOrder,
  journals,
  TASK,
  told,
  work,
  workbench,
  workOn
} from "../harness/Workbench.ts"

const WINDOW = MODEL_INFO.window
const call = { operation: "turn", requestId: null }

const Way = Schema.Literals([
  "note",
  "text",
  "nothing",
  "full",
  "windowExceeded",
  "compaction",
  "cut",
  "malformed",
  "timeout",
  "stalled",
  "endless",
  "overloadedMidway",
  "overloaded",
  "server",
  "rejected",
  "overflow",
  "thinkingRejected"
])
type Way = typeof Way.Type

let ids = 0
const replies: Partial<Record<Way, () => Reply>> = {
  note: () => reply([toolUse("progress", { done: "a", next: "b" }, `toolu_${ids++}`)], { usage: usage(30_000, 100) }),
  text: () => reply("Hm.", { stopReason: "max_tokens", usage: usage(30_000, 100) }),
  nothing: () => reply([], { stopReason: "max_tokens", usage: usage(30_000, 1) }),
  full: () => reply([toolUse("progress", { done: "a", next: "b" }, `toolu_${ids++}`)], { usage: usage(170_000, 100) }),
  windowExceeded: () => reply("Hm", { stopReason: "model_context_window_exceeded", usage: usage(199_000, 1_000) }),
  compaction: () => compaction("So far.")
}

/** Claude as it can be at its worst, and what it is paid for that. */
const worst = (ways: ReadonlyArray<Way>) => {
  const bill = { requests: 0, tokens: 0 }
  let asked = 0
  const answer = (onUsage: Parameters<Anthropic["Service"]["turn"]>[2]): ReturnType<Anthropic["Service"]["turn"]> =>
    Effect.suspend((): ReturnType<Anthropic["Service"]["turn"]> => {
      const way = ways[asked++ % ways.length] ?? "note"
      const made = replies[way]?.()
      const heard = { input: 40_000, output: 500 }
      const pay = (tokens: number) => ((bill.requests += 1), (bill.tokens += tokens))
      const lost = (kind: ModelUnavailable["kind"], after: Duration.Input) =>
        Effect.andThen(Effect.sleep(after), Effect.fail(new ModelUnavailable({ ...call, kind })))
      if (made !== undefined) {
        pay(billedTokens(made.usage))
        return Effect.as(Effect.sleep("2 minutes"), made)
      }
      switch (way) {
        case "cut":
          pay(40_500)
          return Effect.andThen(onUsage(heard), lost("streamCut", "1 minute"))
        case "overloadedMidway":
          pay(40_500)
          return Effect.andThen(onUsage(heard), Effect.fail(new ModelOverloaded({ ...call, retryAfter: null })))
        case "malformed":
        case "timeout":
        case "stalled":
        case "endless":
          pay(0)
          return lost(way, "3 minutes")
        case "overloaded":
          return Effect.fail(new ModelOverloaded({ ...call, retryAfter: null }))
        case "rejected":
          return Effect.fail(new ModelRejected({ ...call, status: 400, code: null, detail: "no" }))
        case "overflow":
          return Effect.fail(new ContextOverflow(call))
        case "thinkingRejected":
          return Effect.fail(new ThinkingRejected(call))
        default:
          return lost("server", 0)
      }
    })
  const adapter = mocks.Anthropic({
    keyless: null,
    info: () => Effect.succeed(MODEL_INFO),
    count: ({ messages }) => Effect.succeed(messages.length > 8 ? 165_000 : 20_000),
    turn: (_, __, onUsage) => answer(onUsage),
    compact: () => answer(() => Effect.void)
  })
  return { bill, layer: ModelClient.layerNoDeps.pipe(Layer.provide(adapter)) }
}

/** The task worked as the worker does it, through every pause, for a day and a half at most. */
const lived = Effect.gen(function* () {
  const claim = yield* claimed
  const run = Effect.gen(function* () {
    for (;;) {
      const exit = yield* Effect.exit(workOn(claim))
      if (exit._tag === "Success") return exit.value
      yield* Effect.sleep("30 seconds")
    }
  })
  const running = yield* Effect.forkChild(run)
  for (let half = 0; half < 3 && running.pollUnsafe() === undefined; half++) yield* TestClock.adjust("12 hours")
  const outcome = running.pollUnsafe() === undefined ? "still tried" : yield* Fiber.join(running)
  yield* Fiber.interrupt(running)
  return { outcome, task: yield* (yield* Tasks).find(TASK) }
})

const causeOf = (outcome: unknown) => (Predicate.hasProperty(outcome, "cause") ? String(outcome.cause) : "none")

describe("The bounds of a task", () => {
  it.effect.prop(
    "hold whatever the API does",
    [Arbitrary.array(Arbitrary.schema(Way), { minLength: 1, maxLength: 12 })],
    ([ways]) =>
      Effect.gen(function* () {
        const { bill, layer } = worst(ways)
        const { outcome, task } = yield* Effect.provide(lived, workbench({ claude: { layer } }))
        const what = `${ways.join(" ")}: ${bill.requests} paid requests, ${bill.tokens} tokens`
        assert.isAtMost(bill.requests, MAX_REQUESTS, what)
        assert.isAtMost(task?.turns ?? 0, MAX_TURNS, what)
        assert.isAtMost(bill.tokens, MAX_TOKENS + WINDOW, what)
        assert.isAtLeast(task?.tokens ?? 0, bill.tokens, `${what}: nothing is left out of the account`)
        assert.isAtMost(task?.elapsed ?? 0, Duration.toMillis("2 hours") + Duration.toMillis("15 minutes"), what)
        if (bill.requests > 0) assert.notStrictEqual(outcome, "still tried", what)
      }),
    { arbitrary: { runs: 10 } }
  )

  it.effect("let every stream be cut midway, and park with the reason", () =>
    Effect.gen(function* () {
      const { bill, layer } = worst(["cut"])
      const { outcome, task } = yield* Effect.provide(lived, workbench({ claude: { layer } }))
      assert.deepInclude(outcome, { to: "parked", answer: null })
      assert.match(causeOf(outcome), /3 sessions in a row .*5 paid requests in a row .*was cut before its answer/)
      assert.strictEqual(bill.requests, 3 * MAX_TRIES)
      assert.deepInclude(task, { tokens: bill.tokens, requests: bill.requests, turns: 0 })
      assert.isAbove(task?.elapsed ?? 0, 0)
    })
  )

  it.effect("count what is charged at the beginning where nothing was heard of a reply", () =>
    Effect.gen(function* () {
      const { bill, layer } = worst(["timeout"])
      const { task } = yield* Effect.provide(lived, workbench({ claude: { layer } }))
      assert.strictEqual(task?.requests, bill.requests)
      assert.strictEqual(task?.tokens, bill.requests * 20_000)
    })
  )

  it.effect("count nothing in an outage", () =>
    Effect.gen(function* () {
      const { layer } = worst(["server"])
      const { outcome, task } = yield* Effect.provide(lived, workbench({ claude: { layer } }))
      assert.strictEqual(outcome, "still tried")
      assert.deepInclude(task, { tokens: 0, requests: 0, tries: 0, elapsed: 0 })
    })
  )

  it.effect("let a session that cannot be compacted go on in a fresh one", () =>
    Effect.gen(function* () {
      const { bill, layer } = worst(["full", "malformed", "malformed", "malformed", "malformed", "malformed"])
      const { outcome } = yield* Effect.provide(lived, workbench({ claude: { layer } }))
      assert.deepInclude(outcome, { to: "parked" })
      assert.isAtMost(bill.requests, MAX_REQUESTS)
    })
  )
})

describe("The bounds of a reply and a session", () => {
  it.effect("run the calls of 400 whose results there is room for, and refuse the rest", () => {
    const many = reply(
      Array.from({ length: 400 }, (_, index) => toolUse("read_comments", { page: 1 }, `toolu_${index}`))
    )
    const ran: Array<string> = []
    return Effect.gen(function* () {
      assert.deepInclude(yield* work, { to: "completed" })
      assert.lengthOf(
        ran.filter((name) => name === "read_comments"),
        3
      )
      const [entries = []] = yield* journals
      const results = entries.flatMap((entry) => (entry._tag === "ToolEnded" ? [entry.result.length] : []))
      assert.lengthOf(results, 401)
      assert.isAtMost(
        results.slice(0, 400).reduce((all, length) => all + length, 0),
        MAX_REPLY_RESULTS + 170_000 + 400 * TOO_MANY_CALLS.length
      )
    }).pipe(
      Effect.provide(
        workbench({
          claude: claude({ turn: inOrder(many, finish("done")) }),
          toolbox: {
            run: (_, { name }) =>
              Effect.sync(() => ({ text: ran.push(name) > 0 ? "x".repeat(170_000) : "", isError: false }))
          }
        })
      )
    )
  })

  it.effect("cut a result that is longer than all of a reply may be", () =>
    Effect.gen(function* () {
      yield* work
      const [entries = []] = yield* journals
      const results = entries.flatMap((entry) => (entry._tag === "ToolEnded" ? [entry.result.length] : []))
      assert.lengthOf(results, 1)
      assert.isAtMost(results[0] ?? 0, MAX_REPLY_RESULTS)
    }).pipe(
      Effect.provide(
        workbench({
          claude: claude({ turn: inOrder(finish("done")) }),
          toolbox: { run: () => Effect.succeed({ text: "x".repeat(900_000), isError: false }) }
        })
      )
    )
  )

  it.effect("rotate a session whose journal is as long as it may be", () =>
    Effect.gen(function* () {
      const claim = yield* claimed
      const session = yield* (yield* SessionOpening).open(claim, null)
      const talk = yield* (yield* Conversations).resume(claim, session)
      yield* talk.ask("Please look.")
      yield* talk.append({ _tag: "Replied", reply: reply("x".repeat(MAX_JOURNAL)), elapsed: 0 })
      yield* talk.ask("Go on.")
      assert.deepInclude(yield* (yield* Clearance).clear(claim, talk), { _tag: "Rotate" })
    }).pipe(Effect.scoped, Effect.provide(workbench({ claude: claude({}) })))
  )

  it.effect("take up no journal that is far too long, but go on in a fresh session", () =>
    Effect.gen(function* () {
      const claim = yield* claimed
      const { id } = yield* (yield* SessionOpening).open(claim, null)
      yield* stored.entry({
        sessionId: id,
        entry: `{"_tag":"Asked","hash":"","text":"${"0".repeat(34_000_000)}"}`
      })
      assert.deepInclude(yield* workOn(claim), { to: "completed" })
      assert.lengthOf(yield* told, 2)
    }).pipe(Effect.provide(workbench({ claude: claude({ turn: inOrder(finish("done")) }) })))
  )
})

describe("The step under way", () => {
  it.effect("is written down for a tool, and not for a paid request", () => {
    const steps: Array<string> = []
    let look: Effect.Effect<unknown> = Effect.void
    return Effect.gen(function* () {
      const store = yield* Effect.context<SqlClient.SqlClient>()
      look = Effect.map(Effect.provideContext(column("tasks", "step"), store), ([step]) => steps.push(step ?? "none"))
      yield* work
      assert.deepStrictEqual(steps, ["none", "tool"])
    }).pipe(
      Effect.provide(
        workbench({
          claude: claude({ turn: () => Effect.as(look, finish("done")) }),
          toolbox: { run: () => Effect.as(look, { text: "finished", isError: false }) }
        })
      )
    )
  })

  it.effect("is a replay while a journal is taken up, one at a time", () => {
    const model = claude({ turn: inOrder(finish("done")) })
    return Effect.gen(function* () {
      const claim = yield* claimed
      const session = yield* (yield* SessionOpening).open(claim, null)
      const conversations = yield* Conversations
      const first = yield* conversations.resume(claim, session)
      yield* first.ask("Please look.")
      const { seen: steps } = yield* changesOf("tasks", "step")
      yield* conversations.resume(claim, session)
      assert.deepStrictEqual(yield* steps, ["replay", null])
    }).pipe(Effect.scoped, Effect.provide(workbench({ claude: model })))
  })
})
