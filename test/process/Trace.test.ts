import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { Collector } from "../harness/Collector.ts"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"

const LIMIT = 120_000

const Exporting = Layer.unwrap(
  Effect.map(Collector, ({ url }) => CoordinatorProcess.layerWith({ OTEL_EXPORTER_OTLP_ENDPOINT: url }))
).pipe(Layer.provideMerge(Collector.layer))

/** The traces that have a span of this name. */
const tracesOf = Effect.fnUntraced(function* (name: string) {
  const spans = yield* (yield* Collector).spans
  return [...new Set(spans.filter((span) => span.name === name).map(({ traceId }) => traceId))]
})

describe("A trace", () => {
  it.live(
    "goes on after kill -9: the turn and the comments of the next process are in that of the delivery",
    () =>
      Effect.gen(function* () {
        const { start, store } = yield* CoordinatorProcess
        const gitea = yield* SandboxGitea
        const turn = yield* (yield* SandboxClaude).hold("messages")
        yield* gitea.createRepository("acme/shop")
        const life = yield* start
        // It would find the issue as well, and begin a trace of its own.
        yield* eventuallyInProcess("the reconciler rests", life.logged("Assigned issues checked"), (count) => count > 0)
        const issue = yield* gitea.openIssue({ repository: "acme/shop", title: "Slow search", body: "It takes 9 s." })
        yield* gitea.drained
        yield* gitea.assign(issue, gitea.bot.login)
        yield* turn.arrived
        const [settled = ""] = yield* eventuallyInProcess(
          "the delivery's span is sent",
          tracesOf("DeliveryWorker.settle"),
          ({ length }) => length > 0
        )
        yield* life.signal("SIGKILL")
        yield* life.ended
        yield* turn.release
        assert.deepStrictEqual(yield* tracesOf("Turns.take"), [])

        const next = yield* start
        const left = Effect.all([store.column("tasks", "state"), store.count("outbox", { state: "pending" })])
        yield* eventuallyInProcess(
          "all is done and said",
          left,
          ([states, unsaid]) => states.every((state) => state === "completed") && unsaid === 0
        )
        yield* next.signal("SIGTERM")
        assert.strictEqual(yield* next.ended, 0)
        for (const name of ["TaskWorker.run", "Turns.take", "Gitea.createComment"]) {
          assert.deepStrictEqual(yield* tracesOf(name), [settled], name)
        }
      }).pipe(Effect.provide(Exporting)),
    LIMIT
  )
})
