import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer } from "effect"
import type { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ModelUnavailable } from "../../src/anthropic/ModelError.ts"
import type { ContextUsage } from "../../src/domain/ContextUsage.ts"
import { Conversations } from "../../src/session/Conversations.ts"
import type { Conversation } from "../../src/session/Conversations.ts"
import { SessionOpening } from "../../src/session/SessionOpening.ts"
import { LiveSessions } from "../../src/context/LiveSessions.ts"
import { Turns } from "../../src/session/Turns.ts"
import { jumpingClock } from "../harness/JumpingClock.ts"
import { compaction, reply, toolUse, usage } from "../harness/Models.ts"
import { alter } from "../harness/StoreBuilder.ts"
import { column } from "../harness/StoreReader.ts"
import { hide, refuseRows } from "../harness/StoreTrouble.ts"
import { claimed, claude, finish, told, work, workbench, workOn } from "../harness/Workbench.ts"
import type { Script } from "../harness/Workbench.ts"

const cut = new ModelUnavailable({ operation: "turn", requestId: null, kind: "streamCut" })
const read = reply([toolUse("read_comments", { page: 1 })], { usage: usage(500, 60) })

/** A conversation whose first prompt has been asked. */
const conversation = Effect.gen(function* () {
  const claim = yield* claimed
  const session = yield* (yield* SessionOpening).open(claim, null)
  const opened = yield* (yield* Conversations).resume(claim, session)
  yield* opened.ask("Please look.")
  return opened
})

const figure = (found: ContextUsage | null) => (found === null ? "unknown" : `${found.used} ${found.source}`)
const usageOf = ({ live }: Conversation) => Effect.map(live.usage, figure)

describe("Turns", () => {
  it.effect("keep usage current: exact from the start of a reply, as it grows, exact at its end", () => {
    const seen: Array<string> = []
    let look: Effect.Effect<unknown> = Effect.void
    const turn: Script["turn"] = (_, __, onUsage) =>
      Effect.forEach([0, 20, 40], (output) => Effect.andThen(onUsage({ input: 500, output }), look)).pipe(
        Effect.as(read)
      )
    return Effect.gen(function* () {
      const talk = yield* conversation
      look = Effect.map(usageOf(talk), (found) => seen.push(found))
      yield* look
      yield* (yield* Turns).take(talk)
      yield* look
      assert.deepStrictEqual(seen, ["unknown", "500 stream", "520 stream", "540 stream", "560 reply"])
    }).pipe(Effect.scoped, Effect.provide(workbench({ claude: claude({ turn }) })))
  })

  it.effect("make usage unknown when the stream is cut, and journal nothing", () => {
    const turn: Script["turn"] = (_, __, onUsage) =>
      Effect.andThen(onUsage({ input: 500, output: 20 }), Effect.fail(cut))
    return Effect.gen(function* () {
      const talk = yield* conversation
      assert.strictEqual(yield* Effect.flip((yield* Turns).take(talk)), cut)
      assert.strictEqual(yield* usageOf(talk), "unknown")
      assert.isTrue(yield* talk.live.needsCount)
      assert.deepStrictEqual(yield* told, [["Asked"]])
    }).pipe(Effect.scoped, Effect.provide(workbench({ claude: claude({ turn }) })))
  })

  it.effect("leave usage unknown after a compaction until it is counted", () =>
    Effect.gen(function* () {
      const turns = yield* Turns
      const talk = yield* conversation
      yield* turns.take(talk)
      yield* talk.ask(null)
      yield* turns.compact(talk)
      assert.strictEqual(yield* usageOf(talk), "unknown")
      yield* talk.live.poll
      assert.strictEqual(yield* usageOf(talk), "1000 count")
    }).pipe(
      Effect.scoped,
      Effect.provide(
        workbench({
          claude: claude({ turn: () => Effect.succeed(read), compact: () => Effect.succeed(compaction("all")) })
        })
      )
    )
  )

  it.effect("forget what was proposed about a history that a compaction replaced", () =>
    Effect.gen(function* () {
      const turns = yield* Turns
      const talk = yield* conversation
      yield* turns.take(talk)
      yield* talk.live.propose("compact")
      yield* turns.compact(talk)
      assert.strictEqual(yield* talk.takeProposal, "continue")
    }).pipe(
      Effect.scoped,
      Effect.provide(
        workbench({
          claude: claude({ turn: () => Effect.succeed(read), compact: () => Effect.succeed(compaction("all")) })
        })
      )
    )
  )

  it.effect("count as work from the last beginning of a reply on, not while an outage lasts", () => {
    const turn: Script["turn"] = (_, __, onUsage) =>
      Effect.sleep("2 hours").pipe(
        Effect.andThen(onUsage({ input: 500, output: 0 })),
        Effect.andThen(Effect.sleep("3 seconds")),
        Effect.as(read)
      )
    return Effect.gen(function* () {
      const talk = yield* conversation
      const taking = yield* Effect.forkChild((yield* Turns).take(talk))
      yield* TestClock.adjust("3 hours")
      yield* Fiber.join(taking)
      assert.deepStrictEqual(yield* column("tasks", "elapsed"), [3_000])
    }).pipe(Effect.scoped, Effect.provide(workbench({ claude: claude({ turn }) })))
  })

  for (const [how, by] of [
    ["back by a year", Duration.days(-365)],
    ["on by a year", Duration.days(365)]
  ] as const) {
    it.effect(`count as work what they took, also where the clock is set ${how} meanwhile`, () => {
      const { jump, layer } = jumpingClock()
      const turn: Script["turn"] = (_, __, onUsage) =>
        onUsage({ input: 500, output: 0 }).pipe(
          Effect.andThen(jump(by)),
          Effect.andThen(Effect.sleep("3 seconds")),
          Effect.as(read)
        )
      return Effect.gen(function* () {
        const talk = yield* conversation
        const taking = yield* Effect.forkChild((yield* Turns).take(talk))
        yield* TestClock.adjust("3 seconds")
        yield* Fiber.join(taking)
        assert.deepStrictEqual(yield* column("tasks", "elapsed"), [3_000])
      }).pipe(Effect.scoped, Effect.provide(workbench({ claude: claude({ turn }) }).pipe(Layer.provideMerge(layer))))
    })
  }

  it.effect("journal nothing when they are interrupted, and the session is no longer live", () =>
    Effect.gen(function* () {
      const began = yield* Deferred.make<void>()
      const aborted = yield* Deferred.make<void>()
      const turn: Script["turn"] = (_, __, onUsage) =>
        onUsage({ input: 500, output: 0 }).pipe(
          Effect.andThen(Deferred.succeed(began, undefined)),
          Effect.andThen(Effect.never),
          Effect.onInterrupt(() => Deferred.succeed(aborted, undefined))
        )
      yield* Effect.gen(function* () {
        const { live } = yield* LiveSessions
        const running = yield* Effect.forkChild(work)
        yield* Deferred.await(began)
        assert.strictEqual((yield* live).length, 1)
        yield* Fiber.interrupt(running)
        yield* Deferred.await(aborted)
        assert.deepStrictEqual(yield* told, [["Asked"]])
        assert.deepStrictEqual(yield* live, [])
      }).pipe(Effect.provide(workbench({ claude: claude({ turn }) })))
    })
  )

  it.effect("are not followed by another paid call when the store fails", () =>
    Effect.gen(function* () {
      const breaks = yield* Deferred.make<Effect.Effect<unknown>>()
      const model = claude({
        turn: () => Effect.as(Effect.flatten(Deferred.await(breaks)), read)
      })
      yield* Effect.gen(function* () {
        const store = yield* Effect.context<SqlClient.SqlClient>()
        yield* Deferred.succeed(breaks, Effect.provideContext(hide("journal"), store))
        const error = yield* Effect.flip(work)
        assert.strictEqual(error._tag, "StoreUnavailable")
        assert.strictEqual(model.calls.filter(({ operation }) => operation === "turn").length, 1)
      }).pipe(Effect.provide(workbench({ claude: model })))
    })
  )

  it.effect("are not begun when the store fails before them", () => {
    const model = claude({ turn: () => Effect.succeed(finish("done")) })
    return Effect.gen(function* () {
      const claim = yield* claimed
      yield* refuseRows("journal")
      assert.strictEqual((yield* Effect.flip(workOn(claim)))._tag, "StoreUnavailable")
      assert.deepStrictEqual(model.calls, [])
    }).pipe(Effect.provide(workbench({ claude: model })))
  })

  it.effect("are not begun by a run whose lease is lost", () => {
    const model = claude({ turn: () => Effect.succeed(finish("done")) })
    return Effect.gen(function* () {
      const claim = yield* claimed
      yield* alter("tasks", { lease: "another" })
      assert.strictEqual((yield* Effect.flip(workOn(claim)))._tag, "LeaseLost")
      assert.deepStrictEqual(model.calls, [])
    }).pipe(Effect.provide(workbench({ claude: model })))
  })
})
