import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import type { SandboxIssue } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { LEASE } from "../../src/task/Lease.ts"
import { EvenRandom } from "../harness/EvenRandom.ts"
import { flow } from "../harness/Flow.ts"
import { Coordinator, harness } from "../harness/Harness.ts"
import { logged } from "../harness/Logged.ts"
import { soon } from "../harness/Soon.ts"
import { UNSENT } from "../harness/StoreBuilder.ts"
import { readOnly, refuseChanges, refuseRows, takeRows, writable } from "../harness/StoreTrouble.ts"

const DRAFT = { repository: "acme/shop", title: "Slow search", body: "It takes 9 s." }
const LIMIT = 60_000

const readiness = Effect.gen(function* () {
  const { url } = yield* Coordinator
  return (yield* HttpClient.get(`${url}/health/ready`)).status
}).pipe(Effect.provide(NodeHttpClient.layerNodeHttp), Effect.orDie)

/** An issue whose first turn is held, with its progress comment in place and an edit of that waiting in the outbox. */
const atWork = Effect.gen(function* () {
  const it = yield* flow
  const { claude, gitea, hurry, store, task, unsaid } = it
  const assigned = gitea.openIssue({ ...DRAFT, assignees: [gitea.bot.login] })
  const said = soon("all comments are written", Effect.andThen(hurry, unsaid), (count) => count === 0)
  const turns = Effect.map(claude.requests, (all) => all.filter(({ operation }) => operation === "messages").length)
  const writes = Effect.map(gitea.requests, (all) => all.filter(({ method }) => method !== "GET").length)

  const turnsBefore = yield* turns
  const turn = yield* claude.hold("messages")
  const issue = yield* assigned
  yield* soon("the turn is under way", turns, (count) => count > turnsBefore)
  yield* turn.arrived
  yield* said
  yield* store.alter("outbox", UNSENT)
  return {
    ...it,
    assigned,
    issue,
    turn,
    turns,
    writes,
    /** Completed without an attempt, with one progress comment and one report. */
    worked: Effect.fnUntraced(function* (of: SandboxIssue) {
      yield* TestClock.adjust(LEASE)
      const view = yield* soon("the issue is worked", task(of), (row) => row?.state === "completed")
      yield* said
      assert.strictEqual(view?.attempts, 0)
      assert.lengthOf(yield* it.progress(of), 1)
      assert.lengthOf(yield* it.report(of), 1)
    })
  }
})

const seconds = (count: number) => Effect.replicateEffect(TestClock.adjust("1 second"), count, { discard: true })

describe("StoreOutage", () => {
  const lines: Array<string> = []
  const stops = soon("the run stops", Effect.succeed(lines), (all) => all.includes("Error Run stopped")).pipe(
    Effect.andThen(Effect.replicateEffect(TestClock.adjust("1 second"), 10))
  )

  layer(
    harness({
      before: (gitea) => gitea.createRepository(DRAFT.repository),
      log: logged(lines),
      settings: { reconcileInterval: Duration.minutes(1) }
    }).pipe(Layer.provide(EvenRandom))
  )((it) => {
    it.effect(
      "acknowledges nothing, pays for nothing and says nothing, and then all goes on",
      () =>
        Effect.gen(function* () {
          const { assigned, gitea, issue, store, turn, turns, worked, writes } = yield* atWork
          assert.strictEqual(yield* readiness, 200)
          const deliveries = yield* store.column("deliveries", "deliveryId")
          const sent = (yield* gitea.deliveries).length
          const [paid, written] = [yield* turns, yield* writes]

          yield* readOnly
          const unheard = yield* assigned
          yield* gitea.drained
          const answers = (yield* gitea.deliveries).slice(sent).map(({ outcome }) => outcome)
          assert.isNotEmpty(answers)
          answers.forEach((outcome) => assert.deepInclude(outcome, { status: 503 }))
          assert.deepStrictEqual(yield* store.column("deliveries", "deliveryId"), deliveries)
          yield* turn.release
          yield* stops
          assert.strictEqual(yield* turns, paid)
          assert.strictEqual(yield* writes, written)
          assert.strictEqual(yield* readiness, 503)

          yield* writable
          yield* worked(issue)
          yield* worked(unheard)
          assert.strictEqual(yield* readiness, 200)
        }),
      LIMIT
    )

    it.effect(
      "says that it is not ready when a delivery finds no room, though a small commit does",
      () =>
        Effect.gen(function* () {
          const { gitea } = yield* flow
          yield* refuseRows("deliveries")
          assert.strictEqual(yield* readiness, 200)
          const sent = (yield* gitea.deliveries).length
          yield* gitea.openIssue(DRAFT)
          yield* gitea.drained
          assert.isNotEmpty((yield* gitea.deliveries).slice(sent))
          assert.strictEqual(yield* readiness, 503)
          yield* takeRows
          yield* gitea.openIssue(DRAFT)
          yield* gitea.drained
          assert.strictEqual(yield* readiness, 200)
        }),
      LIMIT
    )

    it.effect(
      "stops a session whose reply cannot be journalled before its next turn",
      () =>
        Effect.gen(function* () {
          const { issue, turn, turns, worked } = yield* atWork
          lines.length = 0
          const paid = yield* turns
          yield* refuseRows("journal")
          yield* turn.release
          yield* stops
          assert.strictEqual(yield* turns, paid)
          yield* takeRows
          yield* worked(issue)
        }),
      LIMIT
    )

    it.effect(
      "sends no comment whose row cannot be written",
      () =>
        Effect.gen(function* () {
          const { issue, turn, worked, writes } = yield* atWork
          lines.length = 0
          const written = yield* writes
          yield* refuseChanges("outbox")
          yield* soon("the comment waits", Effect.succeed(lines), (all) =>
            all.includes("Error Comments cannot be written")
          )
          yield* seconds(10)
          assert.strictEqual(yield* writes, written)
          yield* takeRows
          yield* turn.release
          yield* worked(issue)
        }),
      LIMIT
    )
  })
})
