import { assert, describe, layer } from "@effect/vitest"
import { Effect, Latch, Layer, Logger, Tracer } from "effect"
import { Gitea } from "../../src/gitea/Gitea.ts"
import type { SandboxIssue } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { eventually } from "../harness/Eventually.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"

const DRAFT = { repository: "acme/shop", title: "Slow search", body: "It takes 9 s." }

/** How many observations are under way, waiting for their turn or not. */
const observations = () => {
  const counted = { underWay: 0 }
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      if (options.name !== "IssueObserver.observe") return span
      counted.underWay += 1
      const end = span.end.bind(span)
      span.end = (...how) => {
        counted.underWay -= 1
        end(...how)
      }
      return span
    }
  })
  return { counted, layer: Layer.succeed(Tracer.Tracer, tracer) }
}

/** Gitea over the real socket, with a gate before each read of an issue; `reads` says how many stand before it or are at it. */
const gatedReads = () => {
  const gate = Latch.makeUnsafe()
  const reads = { now: 0, most: 0 }
  const begin = Effect.sync(() => {
    reads.now += 1
    reads.most = Math.max(reads.most, reads.now)
  })
  const end = Effect.sync(() => void (reads.now -= 1))
  const gated = Effect.map(Gitea, (gitea) => ({
    ...gitea,
    issue: (...which: Parameters<typeof gitea.issue>) =>
      Effect.acquireUseRelease(
        begin,
        () => Effect.andThen(gate.await, gitea.issue(...which)),
        () => end
      )
  }))
  return { gate, reads, layer: Layer.effect(Gitea, gated).pipe(Layer.provide(Gitea.layer)) }
}

describe("Observations of one issue", () => {
  const { counted, layer: traced } = observations()
  const { gate, layer: gitea, reads } = gatedReads()
  const opened: Array<SandboxIssue> = []
  const server = harness({
    gitea,
    log: Layer.merge(traced, Logger.layer([])),
    before: (forge) =>
      Effect.andThen(
        forge.createRepository(DRAFT.repository),
        Effect.map(forge.openIssue({ ...DRAFT, assignees: [forge.bot.login] }), (issue) => opened.push(issue))
      )
  })
  const underWay = (what: string, count: number) =>
    eventually(
      what,
      Effect.sync(() => counted.underWay),
      (now) => now === count
    )

  layer(server, { excludeTestServices: true })((it) => {
    it.effect("come one at a time, whether a delivery, the reconciler, the worker or the reporter asks", () =>
      Effect.gen(function* () {
        const { becomes, gitea: forge, said, settled } = yield* flow
        const [issue] = opened
        if (issue === undefined) return assert.fail("there is no issue")

        yield* underWay("the reconciler looks", 1)
        yield* forge.edit(issue, { title: "Very slow search" })
        yield* underWay("the delivery waits for its turn", 2)
        assert.strictEqual(reads.most, 1)

        yield* gate.release
        yield* becomes(issue, "running")
        yield* underWay("the delivery looks, and the worker waits for its turn", 2)
        assert.strictEqual(reads.most, 1)

        // The worker looks, says that it is at work, and the reporter asks in its turn.
        yield* gate.open
        yield* becomes(issue, "completed")
        yield* settled
        yield* said
        assert.strictEqual(reads.most, 1)
      })
    )
  })
})
