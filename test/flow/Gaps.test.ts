import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import type { SandboxIssue } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { EvenRandom } from "../harness/EvenRandom.ts"
import { eventually } from "../harness/Eventually.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import type { Tables } from "../harness/Tables.ts"
import { makeWire } from "../harness/Wire.ts"

const ISSUES = 40
const REPOSITORY = "acme/shop"
const SEED = 7
const BETWEEN_LOOKS = 4
const LIMIT = 60_000

const COLUMNS = ["taskId", "cause", "happenedAt", "foundAt"] as const
type GapRow = Pick<Tables["gaps"], (typeof COLUMNS)[number]>

/** The sum that the metrics give under this name. */
const metric = (name: string, metrics: string): number =>
  Array.from(metrics.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\d+)$`, "gm")), ([, value]) => Number(value)).reduce(
    (sum, value) => sum + value,
    0
  )

describe("Gaps", () => {
  const wire = makeWire()
  const busy = harness({ settings: { reconcileInterval: Duration.seconds(10) } })
  layer(busy.pipe(Layer.provide([wire.layer, EvenRandom])))((it) => {
    it.effect(
      "are repaired: with 30 % of the hooks lost, doubled or late every assigned issue is worked once",
      () =>
        Effect.gen(function* () {
          const { gitea, store, task, url } = yield* flow
          const client = yield* HttpClient.HttpClient
          const metrics = Effect.flatMap(client.get(`${url}/metrics`), ({ text }) => text)
          const before = yield* metrics
          yield* gitea.createRepository(REPOSITORY)
          yield* wire.pass("1 minute")
          yield* gitea.disturb({ seed: SEED, drop: 0.3, duplicate: 0.15, reorder: 0.15 })
          const issues = yield* Effect.forEach(Array.from({ length: ISSUES }), (_, index) =>
            gitea.openIssue({ repository: REPOSITORY, title: `Issue ${index}`, body: "", by: "ada" })
          )
          // Longer ago than that it could have told of the assignment.
          yield* wire.pass("9 seconds")
          yield* Effect.forEach(issues, (issue, index) =>
            Effect.andThen(
              gitea.assign(issue, gitea.bot.login, "ada"),
              index % BETWEEN_LOOKS === 0 ? wire.pass("9 seconds") : Effect.void
            )
          )
          const states = Effect.andThen(wire.pass("9 seconds"), Effect.forEach(issues, task))
          yield* eventually("all issues are worked", states, (all) => all.every((it) => it?.state === "completed"))
          yield* gitea.disturb(null)
          const ready = yield* store.column("transitions", "taskId", { to: "ready" })
          assert.sameMembers([...ready], [...new Set(ready)])

          // Longer than a delivery may be on its way.
          yield* wire.pass("1 minute")
          const gaps = (yield* store.read("gaps", COLUMNS)).filter(({ cause }) => cause !== null)
          const told = yield* store.column("deliveries", "taskId", { action: "assigned" })
          const lost = (yield* store.column("tasks", "id")).filter((id) => !told.includes(id))
          assert.isAbove(lost.length, 0)
          assert.sameMembers(
            gaps.map(({ taskId }) => taskId),
            lost
          )
          gaps.forEach(({ foundAt, happenedAt }) =>
            assert.isAtMost(foundAt - (happenedAt ?? -Infinity), Duration.toMillis("20 seconds"))
          )
          const after = yield* metrics
          const grown = (name: string) => metric(name, after) - metric(name, before)
          assert.strictEqual(grown("coordinator_gaps_total"), lost.length)
          assert.strictEqual(grown("coordinator_gap_repair_seconds_count"), lost.length)
        }).pipe(Effect.provide(NodeHttpClient.layerNodeHttpOptions({ keepAlive: false }))),
      LIMIT
    )
  })

  const recorded = (action: string, causes: ReadonlyArray<GapRow["cause"]>, gaps: ReadonlyArray<GapRow>) =>
    assert.deepStrictEqual(
      gaps.map(({ cause }) => cause),
      causes,
      action
    )

  layer(harness())((it) => {
    it.effect("are recorded with their probable cause, and not while a delivery may still be on its way", () =>
      Effect.gen(function* () {
        const { gitea, store, task, becomes } = yield* flow
        const gaps = store.read("gaps", COLUMNS)
        /** Lets an interval of the reconciler pass, and then as much time as its start and its work need. */
        const found = Effect.fnUntraced(function* (issue: SandboxIssue) {
          yield* TestClock.adjust("5 minutes")
          const moment = Effect.andThen(TestClock.adjust("1 second"), task(issue))
          yield* eventually("the issue is found and worked", moment, (it) => it?.state === "completed")
        })
        const quiet = { seed: SEED, drop: 1, duplicate: 0, reorder: 0 }
        yield* gitea.createRepository("acme/quiet")
        // For issues and for pull requests: the first round must be over before an interval can pass.
        const searches = Effect.map(gitea.requests, (all) => all.filter(({ path }) => path.endsWith("/issues/search")))
        yield* eventually("the first round is over", searches, (all) => all.length >= 2)
        const assigned = Effect.fnUntraced(function* (title: string) {
          const issue = yield* gitea.openIssue({ repository: "acme/quiet", title, body: "", by: "ada" })
          yield* TestClock.adjust("20 seconds")
          yield* gitea.assign(issue, gitea.bot.login, "ada")
          return issue
        })

        yield* gitea.disturb(quiet)
        yield* found(yield* assigned("Unheard"))
        recorded("no delivery ever came", ["hook missing"], yield* gaps)

        yield* gitea.disturb(null)
        const heard = yield* assigned("Heard")
        yield* becomes(heard, "completed")
        recorded("a delivery is no gap", ["hook missing"], yield* gaps)

        yield* gitea.disturb(quiet)
        const missed = yield* assigned("Missed")
        yield* found(missed)
        recorded("this one was lost on its way", ["hook missing", "unknown"], yield* gaps)
        const [, gap] = yield* gaps
        assert.strictEqual(gap?.taskId, `${missed.repository.id}/${missed.number}`)
        assert.isAtMost((gap?.foundAt ?? 0) - (gap?.happenedAt ?? 0), Duration.toMillis("6 minutes"))

        const late = yield* assigned("Late")
        yield* gitea.disturb(null)
        yield* gitea.edit(late, { body: "It takes 90 s." }, "ada")
        yield* becomes(late, "completed")
        const minute = Effect.andThen(TestClock.adjust("1 minute"), gaps)
        yield* eventually("the lost assignment is recorded", minute, (all) => all.at(2)?.cause === "unknown")
      })
    )
  })
})
