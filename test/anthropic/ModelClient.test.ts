import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Logger, Ref } from "effect"
import { TestClock } from "effect/testing"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import { ModelClient } from "../../src/anthropic/ModelClient.ts"
import {
  ContextOverflow,
  ModelAuth,
  ModelOverloaded,
  ModelRateLimited,
  ModelRejected,
  ModelUnavailable
} from "../../src/anthropic/ModelError.ts"
import type { ModelError } from "../../src/anthropic/ModelError.ts"
import type { StreamUsage } from "../../src/anthropic/ModelRequest.ts"
import { anyTries, compaction, MODEL_INFO, reply } from "../harness/Models.ts"
import { request } from "./support.ts"

const call = { operation: "turn", requestId: null }
const down = new ModelUnavailable({ ...call, kind: "connection" })
const limited = (retryAfter: number) => new ModelRateLimited({ ...call, retryAfter })
const rejected = new ModelRejected({ ...call, status: 400, code: null, detail: "no" })

/** Fails while there are errors, then answers. `calls` counts. */
const script = <A>(errors: ReadonlyArray<ModelError>, answer: A) =>
  Effect.map(Ref.make(0), (calls) => ({
    calls: Ref.get(calls),
    run: Effect.flatMap(
      Ref.getAndUpdate(calls, (count) => count + 1),
      (index) => {
        const error = errors[index]
        return error === undefined ? Effect.succeed(answer) : Effect.fail(error)
      }
    )
  }))

type Members = Partial<Omit<Anthropic["Service"], "keyless">>

const claude = (members: Members, keyless: ModelAuth | null = null) =>
  ModelClient.layerNoDeps.pipe(
    Layer.provide(Layer.mock(Anthropic, { keyless, info: () => Effect.succeed(MODEL_INFO), ...members }))
  )

/** Everything logged at the usual level, as `Warn Claude is unavailable`. */
const logged = (lines: Array<string>) =>
  Logger.layer([Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`))])

const turn = Effect.flatMap(ModelClient, (client) => client.turn(request(), anyTries))

describe("ModelClient", () => {
  it.effect("waits as long as it was asked to", () =>
    Effect.gen(function* () {
      const { run, calls } = yield* script([limited(1_000)], reply("done"))
      const running = yield* Effect.forkChild(Effect.provide(turn, claude({ turn: () => run })))
      yield* TestClock.adjust("999 millis")
      assert.strictEqual(yield* calls, 1)
      yield* TestClock.adjust("1 milli")
      assert.strictEqual((yield* Fiber.join(running)).stopReason, "end_turn")
      assert.strictEqual(yield* calls, 2)
    })
  )

  it.effect("tells that what a reply had written is gone before it is begun again", () =>
    Effect.gen(function* () {
      const told: Array<StreamUsage | null> = []
      const tell = (usage: StreamUsage | null) => Effect.sync(() => void told.push(usage))
      const { run } = yield* script([new ModelUnavailable({ ...call, kind: "streamCut" })], reply("done"))
      const begun = { input: 500, output: 0 }
      const asking = Effect.flatMap(ModelClient, (client) => client.turn(request(), { ...anyTries, onUsage: tell }))
      const running = yield* Effect.forkChild(
        Effect.provide(asking, claude({ turn: (_, __, onUsage) => Effect.andThen(onUsage(begun), run) }))
      )
      yield* TestClock.adjust("0 millis")
      assert.deepStrictEqual(told, [begun, null])
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(running)
      assert.deepStrictEqual(told, [begun, null, begun])
    })
  )

  it.effect("asks again after five minutes where it was told to wait an hour", () =>
    Effect.gen(function* () {
      const { run, calls } = yield* script([limited(3_600_000)], reply("done"))
      const running = yield* Effect.forkChild(Effect.provide(turn, claude({ turn: () => run })))
      yield* TestClock.adjust("299 seconds")
      assert.strictEqual(yield* calls, 1)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(running)
    })
  )

  it.effect("goes on after three hours of outage, with one warning", () =>
    Effect.gen(function* () {
      const outage = yield* Ref.make(true)
      const calls = yield* Ref.make(0)
      const run = Effect.andThen(
        Ref.update(calls, (count) => count + 1),
        Effect.flatMap(Ref.get(outage), (out) => (out ? Effect.fail(down) : Effect.succeed(reply("done"))))
      )
      const lines: Array<string> = []
      yield* Effect.gen(function* () {
        const client = yield* ModelClient
        const tasks = Array.from({ length: 10 }, () => client.turn(request(), anyTries))
        const running = yield* Effect.forkChild(Effect.all(tasks, { concurrency: "unbounded" }))
        yield* TestClock.adjust("3 hours")
        assert.isUndefined(running.pollUnsafe())
        assert.strictEqual(yield* client.health, down)
        const tries = (yield* Ref.get(calls)) / tasks.length
        assert.isAtLeast(tries, 180)
        assert.isBelow(tries, 300)
        yield* Ref.set(outage, false)
        yield* TestClock.adjust("1 minute")
        assert.lengthOf(yield* Fiber.join(running), tasks.length)
        assert.strictEqual(yield* client.health, "ok")
      }).pipe(Effect.provide(Layer.merge(claude({ turn: () => run }), logged(lines))))
      assert.deepStrictEqual(lines, ["Warn Claude is unavailable", "Info Claude is available again"])
    })
  )

  it.effect(
    "tells its caller of every try, waits longer where it may have to pay again, and stops when the caller says so",
    () =>
      Effect.gen(function* () {
        const cut = new ModelUnavailable({ ...call, kind: "streamCut" })
        const told: Array<string> = []
        const tries = {
          begin: Effect.suspend(() => (told.push("begin") > 6 ? Effect.fail("enough") : Effect.void)),
          failed: ({ _tag }: ModelError) => Effect.sync(() => void told.push(_tag)),
          onUsage: () => Effect.void
        }
        const asking = Effect.flatMap(ModelClient, (client) => client.turn(request(), tries))
        const running = yield* Effect.forkChild(
          Effect.flip(Effect.provide(asking, claude({ turn: () => Effect.fail(cut) })))
        )
        yield* TestClock.adjust("11 seconds")
        assert.deepStrictEqual(told, ["begin", "ModelUnavailable"])
        yield* TestClock.adjust("5 minutes")
        assert.strictEqual(yield* Fiber.join(running), "enough")
        assert.lengthOf(told, 7)
      })
  )

  it.effect("hands a refusal to the caller at once", () =>
    Effect.gen(function* () {
      const { run, calls } = yield* script([rejected], reply("done"))
      assert.strictEqual(yield* Effect.flip(Effect.provide(turn, claude({ turn: () => run }))), rejected)
      assert.strictEqual(yield* calls, 1)
    })
  )

  it.effect("repeats a compaction three times and no more", () =>
    Effect.gen(function* () {
      const overloaded = new ModelOverloaded({ ...call, operation: "compact", retryAfter: null })
      const { run, calls } = yield* script([overloaded, overloaded, overloaded, overloaded], compaction("So far."))
      const compacting = Effect.flatMap(ModelClient, (client) => client.compact(request(), anyTries))
      const running = yield* Effect.forkChild(Effect.flip(Effect.provide(compacting, claude({ compact: () => run }))))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* Fiber.join(running), overloaded)
      assert.strictEqual(yield* calls, 4)
    })
  )

  it.effect("never repeats a count", () =>
    Effect.gen(function* () {
      const { run, calls } = yield* script([down], 7)
      const count = Effect.flatMap(ModelClient, (client) => client.count(request()))
      assert.strictEqual(yield* Effect.flip(Effect.provide(count, claude({ count: () => run }))), down)
      assert.strictEqual(yield* calls, 1)
    })
  )

  it.effect("asks once what a model can do, and again only after a refusal", () =>
    Effect.gen(function* () {
      const { run, calls } = yield* script([rejected], MODEL_INFO)
      yield* Effect.gen(function* () {
        const client = yield* ModelClient
        assert.strictEqual(yield* Effect.flip(client.info("claude-sandbox")), rejected)
        const all = yield* Effect.all(
          Array.from({ length: 5 }, () => client.info("claude-sandbox")),
          {
            concurrency: "unbounded"
          }
        )
        assert.deepStrictEqual(all.at(-1), MODEL_INFO)
        assert.strictEqual(yield* calls, 2)
        yield* client.info("claude-sandbox-small")
        assert.strictEqual(yield* calls, 3)
      }).pipe(Effect.provide(claude({ info: () => run })))
    })
  )

  it.effect("lets one caller's interruption not spoil the answer for the others", () =>
    Effect.gen(function* () {
      const { run } = yield* script([down], MODEL_INFO)
      yield* Effect.gen(function* () {
        const client = yield* ModelClient
        const first = yield* Effect.forkChild(client.info("claude-sandbox"))
        const second = yield* Effect.forkChild(client.info("claude-sandbox"))
        yield* TestClock.adjust("1 milli")
        yield* Fiber.interrupt(first)
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* Fiber.join(second), MODEL_INFO)
      }).pipe(Effect.provide(claude({ info: () => run })))
    })
  )

  it.effect("stays well when one request is refused", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      yield* Effect.gen(function* () {
        yield* Effect.flip(turn)
        const client = yield* ModelClient
        assert.strictEqual(yield* client.health, "ok")
      }).pipe(Effect.provide(Layer.merge(claude({ turn: () => Effect.fail(rejected) }), logged(lines))))
      assert.deepStrictEqual(lines, [])
    })
  )

  it.effect("is not well without a key, before any call", () => {
    const keyless = new ModelAuth({ ...call, detail: "ANTHROPIC_API_KEY is not set" })
    return Effect.gen(function* () {
      const client = yield* ModelClient
      assert.strictEqual(yield* client.health, keyless)
    }).pipe(Effect.provide(claude({}, keyless)))
  })

  it.effect("is well again after a refusal of the key when a paid call is answered, and not by a free one", () =>
    Effect.gen(function* () {
      const refusal = new ModelAuth({ ...call, detail: "the key is not accepted" })
      const { run } = yield* script([refusal], reply("done"))
      yield* Effect.gen(function* () {
        const client = yield* ModelClient
        yield* Effect.flip(turn)
        yield* client.probe("claude-sandbox")
        assert.strictEqual(yield* client.health, refusal)
        yield* turn
        assert.strictEqual(yield* client.health, "ok")
      }).pipe(Effect.provide(claude({ turn: () => run })))
    })
  )

  it.effect.each([
    [1_024, [16_000, 1_024], "end_turn"],
    [1_023, [16_000], "ContextOverflow"]
  ] as const)("asks for the output that there is room for: %i tokens", ([room, expected, end]) =>
    Effect.gen(function* () {
      const asked: Array<number> = []
      const model = claude({
        turn: (_, maxOutput) => {
          asked.push(maxOutput)
          return asked.length === 1
            ? Effect.fail(new ContextOverflow({ ...call, room }))
            : Effect.succeed(reply("done"))
        }
      })
      const ended = yield* turn.pipe(
        Effect.match({ onSuccess: ({ stopReason }) => stopReason, onFailure: ({ _tag }) => String(_tag) }),
        Effect.provide(model)
      )
      assert.deepStrictEqual([asked, ended], [[...expected], end])
    })
  )

  it.effect("asks for no more output than the model gives", () =>
    Effect.gen(function* () {
      const asked = yield* Ref.make(0)
      yield* turn.pipe(
        Effect.provide(claude({ turn: (_, maxOutput) => Effect.as(Ref.set(asked, maxOutput), reply("done")) }))
      )
      assert.strictEqual(yield* Ref.get(asked), MODEL_INFO.maxOutput)
    })
  )
})
