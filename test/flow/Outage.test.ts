import { assert, describe, layer } from "@effect/vitest"
import { Duration, Effect, Latch, Layer } from "effect"
import { TestClock } from "effect/testing"
import { ModelClient } from "../../src/anthropic/ModelClient.ts"
import { ModelAuth, ModelUnavailable } from "../../src/anthropic/ModelError.ts"
import type { ModelError } from "../../src/anthropic/ModelError.ts"
import type { Anthropic } from "../../src/anthropic/Anthropic.ts"
import { Readiness } from "../../src/operator/Readiness.ts"
import { EvenRandom } from "../harness/EvenRandom.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { logged } from "../harness/Logged.ts"
import { mocks } from "../harness/Mocks.ts"
import { MODEL_INFO, reply, toolUse } from "../harness/Models.ts"
import { soon } from "../harness/Soon.ts"

const REPOSITORY = "acme/shop"
const OUTAGE = Duration.hours(3)
const LIMIT = 60_000
const MINUTE = Duration.minutes(1)

const call = { operation: "turn", requestId: null }
const down = new ModelUnavailable({ ...call, kind: "connection" })
const revoked = new ModelAuth({ ...call, detail: "the API key is not accepted" })

const noted = reply([toolUse("progress", { done: "read the issue", next: "answer" })])
const finished = reply([toolUse("finish", { answer: "Use an index.", status: "done" })])

/** Claude that answers first turns, and whose later turns go as `later` says. Counts those. */
const claude = (later: (call: number) => Effect.Effect<void, ModelError>) => {
  const asked = { later: 0 }
  const turn: Anthropic["Service"]["turn"] = ({ messages }) =>
    messages.length === 1 ? Effect.succeed(noted) : Effect.suspend(() => later(++asked.later)).pipe(Effect.as(finished))
  const adapter = mocks.Anthropic({
    keyless: null,
    info: () => Effect.succeed(MODEL_INFO),
    count: () => Effect.succeed(1_000),
    turn
  })
  return { asked, model: ModelClient.layerNoDeps.pipe(Layer.provide(adapter)) }
}

const warnings = (lines: ReadonlyArray<string>) => lines.filter((line) => /^(Warn|Error|Fatal) /.test(line))

const scene = Effect.gen(function* () {
  const it = yield* flow
  return {
    ...it,
    said: soon("all comments are written", Effect.andThen(it.hurry, it.unsaid), (count) => count === 0),
    handled: soon("all deliveries are handled", it.unhandled, (count) => count === 0),
    /** Issues that are assigned to the bot, one after the other. */
    assigned: (issues: number) =>
      Effect.forEach(Array.from({ length: issues }), (_, index) =>
        it.gitea.openIssue({
          repository: REPOSITORY,
          title: `Issue ${index}`,
          body: "",
          assignees: [it.gitea.bot.login]
        })
      )
  }
})

const before: Parameters<typeof harness>[0] = {
  before: (gitea) => gitea.createRepository(REPOSITORY),
  // Under a clock that jumps, a call over a real socket would look slow.
  settings: { reconcileInterval: Duration.days(1) }
}

const passing = (time: Duration.Duration) =>
  Effect.replicateEffect(TestClock.adjust(MINUTE), Duration.toMillis(time) / Duration.toMillis(MINUTE), {
    discard: true
  })

describe("Outage", () => {
  const AGENTS = 10
  const outage = { begins: Latch.makeUnsafe(), over: false }
  const outageLines: Array<string> = []
  const silenced = claude(() =>
    Effect.andThen(
      outage.begins.await,
      Effect.suspend(() => (outage.over ? Effect.void : Effect.fail(down)))
    )
  )

  layer(harness({ ...before, model: silenced.model, log: logged(outageLines) }).pipe(Layer.provide(EvenRandom)))(
    (it) => {
      it.effect(
        "of Claude for three hours costs ten running tasks nothing but time",
        () =>
          Effect.gen(function* () {
            const { assigned, report, said, store } = yield* scene
            const issues = yield* assigned(AGENTS)
            yield* soon(
              "every task is at its second turn",
              Effect.sync(() => silenced.asked.later),
              (all) => all === AGENTS
            )
            yield* outage.begins.open
            yield* said
            yield* passing(OUTAGE)
            assert.deepStrictEqual(
              yield* store.read("tasks", ["state", "attempts"]),
              Array.from({ length: AGENTS }, () => ({ state: "running" as const, attempts: 0 }))
            )
            assert.deepStrictEqual(warnings(outageLines), ["Warn Claude is unavailable"])
            const asked = silenced.asked.later
            assert.isBelow(asked, 2 * AGENTS * Duration.toMinutes(OUTAGE), "about one try a minute for each task")

            outage.over = true
            yield* passing(Duration.minutes(2))
            yield* soon("all are completed", store.count("tasks", { state: "completed" }), (all) => all === AGENTS)
            yield* said
            assert.deepStrictEqual(
              yield* Effect.forEach(issues, (issue) => Effect.map(report(issue), ({ length }) => length)),
              Array.from({ length: AGENTS }, () => 1)
            )
            assert.strictEqual(yield* store.count("sessions"), AGENTS, "each goes on in its session")
            assert.strictEqual(silenced.asked.later, asked + AGENTS)
            assert.lengthOf(
              outageLines.filter((line) => line === "Info Claude is available again"),
              1
            )
          }),
        LIMIT
      )
    }
  )

  const RUNNING = 3
  const WAITING = 2
  const revocation = Latch.makeUnsafe()
  const revokedLines: Array<string> = []
  const accepted = { yet: false }
  const locked = claude(() =>
    Effect.andThen(
      revocation.await,
      Effect.suspend(() => (accepted.yet ? Effect.void : Effect.fail(revoked)))
    )
  )

  layer(
    harness({
      ...before,
      settings: { ...before.settings, maxConcurrentAgents: RUNNING },
      model: locked.model,
      log: logged(revokedLines)
    }).pipe(Layer.provide(EvenRandom))
  )((it) => {
    it.effect(
      "by a key that is revoked parks nothing and begins nothing, and all go on by themselves when it is accepted",
      () =>
        Effect.gen(function* () {
          const { assigned, handled, said, store } = yield* scene
          yield* assigned(RUNNING + WAITING)
          yield* handled
          yield* soon(
            "as many as may run at once",
            Effect.sync(() => locked.asked.later),
            (all) => all === RUNNING
          )
          yield* revocation.open
          yield* soon(
            "all of them have stopped",
            store.count("tasks", { state: "running", lease: null }),
            (all) => all === RUNNING
          )
          yield* said
          yield* passing(Duration.hours(1))
          // One may just have been let through, to try.
          assert.isAtLeast(yield* store.count("tasks", { state: "ready", turns: 0 }), WAITING - 1)
          assert.strictEqual(yield* store.count("transitions", { to: "parked" }), 0)
          assert.isBelow(locked.asked.later, RUNNING + 20, "one try after each pause, which grows to five minutes")
          assert.deepStrictEqual(warnings(revokedLines), ["Warn Claude is unavailable"])
          const { components } = yield* (yield* Readiness).report
          assert.include(components.worker.why, "go on by themselves")

          accepted.yet = true
          yield* passing(Duration.minutes(6))
          yield* soon(
            "all are completed",
            store.count("tasks", { state: "completed" }),
            (all) => all === RUNNING + WAITING
          )
          assert.lengthOf(
            revokedLines.filter((line) => line === "Info Claude is available again"),
            1
          )
        }),
      LIMIT
    )
  })
})
