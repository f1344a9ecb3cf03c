import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Export } from "../../src/telemetry/Telemetry.ts"
import { Collector } from "../harness/Collector.ts"
import { eventually } from "../harness/Eventually.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { logged } from "../harness/Logged.ts"

/** One issue worked by a server, to its end, so that its last span is sent. */
const worked = Effect.gen(function* () {
  const lines: Array<string> = []
  const { url } = yield* Collector
  const whole = harness({
    settings: { otlpEndpoint: url },
    before: (gitea) => gitea.createRepository("acme/shop"),
    log: Export.pipe(Layer.provideMerge(logged(lines)))
  })
  yield* Effect.gen(function* () {
    const { becomes, gitea, said } = yield* flow
    // It would find the issue as well, and begin a trace of its own.
    yield* eventually(
      "the reconciler rests",
      Effect.sync(() => lines),
      (all) => all.includes("Info Assigned issues checked")
    )
    const issue = yield* gitea.openIssue({ repository: "acme/shop", title: "Slow search", body: "It takes 9 s." })
    yield* gitea.drained
    yield* gitea.assign(issue, gitea.bot.login)
    yield* becomes(issue, "completed")
    yield* said
  }).pipe(Effect.provide(whole))
})

describe("A trace", () => {
  layer(Collector.layer, { excludeTestServices: true })((it) => {
    it.effect("leads from the delivery over its task and session to the comment", () =>
      Effect.gen(function* () {
        yield* worked
        const spans = yield* (yield* Collector).spans
        const settle = spans.find(({ name }) => name === "DeliveryWorker.settle")
        const trace = spans.filter(({ traceId }) => traceId === settle?.traceId)
        const names = trace.map(({ name }) => name)
        assert.includeMembers(names, [
          "DeliveryWorker.settle",
          "IssueObserver.observe",
          "TaskWorker.run",
          "SessionRunner.run",
          "Turns.take",
          "ModelClient.turn",
          "Reporter.publish",
          "Gitea.createComment"
        ])
        const request = trace.find(({ spanId }) => spanId === settle?.parentSpanId)
        assert.match(request?.name ?? "", /POST/)
      })
    )
  })
})
