import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { ModelClient } from "../../src/anthropic/ModelClient.ts"
import { ModelUnavailable } from "../../src/anthropic/ModelError.ts"
import { MAX_BARREN_ROTATIONS, MAX_TRIES } from "../../src/domain/TaskLimits.ts"
import { EvenRandom } from "../harness/EvenRandom.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { mocks } from "../harness/Mocks.ts"
import { MODEL_INFO } from "../harness/Models.ts"
import { soon } from "../harness/Soon.ts"

const REPOSITORY = "acme/shop"
const LIMIT = 60_000
const INPUT = 5_000
const OUTPUT = 100

const cut = new ModelUnavailable({ operation: "turn", requestId: null, kind: "streamCut" })

/** A proxy with a time limit: every reply begins, and none ends. */
const proxied = () => {
  const paid = { requests: 0 }
  const adapter = mocks.Anthropic({
    keyless: null,
    info: () => Effect.succeed(MODEL_INFO),
    count: () => Effect.succeed(INPUT),
    turn: (_, __, onUsage) =>
      Effect.suspend(() => {
        paid.requests += 1
        return Effect.andThen(onUsage({ input: INPUT, output: OUTPUT }), Effect.fail(cut))
      })
  })
  return { paid, model: ModelClient.layerNoDeps.pipe(Layer.provide(adapter)) }
}

const { model, paid } = proxied()

layer(
  harness({
    model,
    before: (gitea) => gitea.createRepository(REPOSITORY),
    settings: { reconcileInterval: Duration.days(1) }
  }).pipe(Layer.provide(EvenRandom))
)("Streams that are all cut midway", (it) => {
  it.effect(
    "are paid for a few times, and counted; then the issue says why its task waits",
    () =>
      Effect.gen(function* () {
        const { gitea, hurry, progress, store } = yield* flow
        const issue = yield* gitea.openIssue({
          repository: REPOSITORY,
          title: "Slow search",
          body: "",
          assignees: [gitea.bot.login]
        })
        yield* soon(
          "the first stream is cut",
          Effect.sync(() => paid.requests),
          (all) => all === 1
        )
        yield* Effect.replicateEffect(TestClock.adjust("1 minute"), 120, { discard: true })
        yield* soon("the task is parked", store.count("tasks", { state: "parked" }), (all) => all === 1)

        assert.strictEqual(paid.requests, MAX_BARREN_ROTATIONS * MAX_TRIES)
        const [row] = yield* store.read("tasks", ["requests", "tokens", "turns", "attempts"])
        assert.deepStrictEqual(row, {
          requests: paid.requests,
          tokens: paid.requests * (INPUT + OUTPUT),
          turns: 0,
          attempts: 0
        })
        const [comment] = yield* soon("the issue says why", Effect.andThen(hurry, progress(issue)), (all) =>
          all.some(({ body }) => body.includes("Waiting for a person"))
        )
        assert.include(comment?.body, "paid requests in a row")
        yield* Effect.replicateEffect(TestClock.adjust("1 minute"), 120, { discard: true })
        assert.strictEqual(paid.requests, MAX_BARREN_ROTATIONS * MAX_TRIES, "and nothing more is paid")
      }),
    LIMIT
  )
})
