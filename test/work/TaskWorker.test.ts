import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Latch, Layer, Ref } from "effect"
import { TestClock } from "effect/testing"
import { ModelSpendLimit, ModelUnavailable } from "../../src/anthropic/ModelError.ts"
import { Observation } from "../../src/domain/Mandate.ts"
import { fromStatus, noAnswer } from "../../src/gitea/GiteaError.ts"
import type { IssueObserver } from "../../src/task/IssueObserver.ts"
import { reportKey } from "../../src/outbox/Outbox.ts"
import { issue } from "../harness/Deliveries.ts"
import { warned } from "../harness/Logged.ts"
import { jumpingClock } from "../harness/JumpingClock.ts"
import { alter } from "../harness/StoreBuilder.ts"
import { column } from "../harness/StoreReader.ts"
import { hide, restore } from "../harness/StoreTrouble.ts"
import { observe, taskOf, TasksOnStore, transitions } from "../task/support.ts"
import { attempts, done, states, worker } from "./support.ts"
import type { Run } from "./support.ts"

const start = (around: Parameters<typeof worker>[0]) => Layer.build(worker(around))
const onStore = Effect.provide(TasksOnStore)

describe("TaskWorker", () => {
  it.effect("works a task and ends it with its outcome and its report", () =>
    Effect.gen(function* () {
      yield* observe(57)
      yield* start({ run: () => Effect.succeed(done) })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* states, ["answered"])
      assert.strictEqual((yield* transitions).at(-1), "running > answered: the answer is on its way to the issue")
      const [report] = yield* column("outbox", "body", { key: reportKey(taskOf(57), 1) })
      assert.include(report, "Here.")
    }).pipe(onStore)
  )

  it.effect("never runs more at once than the settings allow, and gets through all", () =>
    Effect.gen(function* () {
      const running = yield* Ref.make(0)
      const most = yield* Ref.make(0)
      yield* Effect.forEach([1, 2, 3, 4, 5, 6, 7], (number) => observe(number))
      const run: Run = () =>
        Ref.updateAndGet(running, (count) => count + 1).pipe(
          Effect.flatMap((now) => Ref.update(most, (before) => Math.max(before, now))),
          Effect.andThen(Effect.sleep("10 seconds")),
          Effect.andThen(Ref.update(running, (count) => count - 1)),
          Effect.as(done)
        )
      yield* start({ run, maxConcurrentAgents: 3 })
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* Ref.get(running), 3)
      yield* TestClock.adjust("40 seconds")
      assert.strictEqual(yield* Ref.get(most), 3)
      assert.deepStrictEqual(new Set(yield* states), new Set(["answered"]))
    }).pipe(onStore)
  )

  it.effect("waits while the gate is closed, and goes on when it opens", () =>
    Effect.gen(function* () {
      const gate = Latch.makeUnsafe(false)
      yield* observe(57)
      yield* start({ run: () => Effect.succeed(done), opened: gate.await })
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* states, ["ready"])
      yield* gate.open
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* states, ["answered"])
    }).pipe(onStore)
  )

  it.effect("interrupts a run at once when its task is cancelled, and writes nothing for it", () =>
    Effect.gen(function* () {
      const interrupted = yield* Deferred.make<void>()
      yield* observe(57)
      yield* start({ run: () => Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined)) })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* states, ["running"])
      yield* observe(57, Observation.Closed())
      yield* Deferred.await(interrupted)
      assert.deepStrictEqual(yield* states, ["cancelled"])
      assert.strictEqual((yield* transitions).at(-1), "running > cancelled: the issue was closed")
    }).pipe(onStore)
  )

  it.effect("does not run a task whose issue turns out not to be its own any more", () =>
    Effect.gen(function* () {
      yield* observe(57)
      const look: IssueObserver["Service"]["observe"] = () =>
        Effect.succeed({
          subject: null,
          issue: issue(),
          observation: Observation.Unassigned(),
          before: null,
          after: null
        })
      yield* start({ run: () => Effect.die("must not run"), observe: look })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* transitions, [
        "none > ready: assigned to the bot",
        "ready > running: claimed by a worker"
      ])
    }).pipe(onStore)
  )

  it.effect("goes on with the others when one run has a fault", () =>
    Effect.gen(function* () {
      yield* Effect.forEach([1, 2, 3], (number) => observe(number))
      yield* start({
        run: ({ claim }) => (claim.task.number === 2 ? Effect.die("a fault of ours") : Effect.succeed(done)),
        maxConcurrentAgents: 1
      })
      yield* TestClock.adjust("4 seconds")
      assert.deepStrictEqual(yield* states, ["answered", "running", "answered"])
    }).pipe(onStore)
  )

  it.effect("gives a task up after three attempts without progress, and says so on the issue", () =>
    Effect.gen(function* () {
      const runs = yield* Ref.make(0)
      yield* observe(57)
      yield* start({
        run: () =>
          Effect.andThen(
            Ref.update(runs, (count) => count + 1),
            Effect.die("a fault")
          )
      })
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* Ref.get(runs), 3)
      assert.deepStrictEqual(yield* states, ["failed"])
      assert.include((yield* transitions).at(-1), "gave up after 3 attempts without any progress")
      const [comment] = yield* column("outbox", "body")
      assert.include(comment, "Given up.")
    }).pipe(onStore)
  )

  const outages: ReadonlyArray<readonly [string, ReturnType<Run>]> = [
    ["Claude", Effect.fail(new ModelUnavailable({ operation: "turn", requestId: null, kind: "connection" }))],
    ["Gitea", Effect.fail(noAnswer("read comments", "no route"))]
  ]
  it.effect.each(outages)(
    "pauses half a minute in an outage of %s, however often, without counting an attempt",
    ([, outage]) =>
      Effect.gen(function* () {
        const runs = yield* Ref.make(0)
        yield* observe(57)
        yield* start({
          run: () =>
            Effect.andThen(
              Ref.update(runs, (count) => count + 1),
              outage
            )
        })
        yield* TestClock.adjust("29 seconds")
        assert.strictEqual(yield* Ref.get(runs), 1)
        yield* TestClock.adjust("10 minutes")
        assert.isAbove(yield* Ref.get(runs), 10)
        assert.deepStrictEqual([yield* states, yield* attempts], [["running"], 0])
      }).pipe(onStore)
  )

  const counted = (runs: Ref.Ref<number>, result: (run: number) => ReturnType<Run>) =>
    Effect.flatMap(
      Ref.updateAndGet(runs, (count) => count + 1),
      result
    )

  it.effect("parks a task that Gitea refused for an hour, with the reason, and warns of it once", () => {
    const refusal = fromStatus("read comments", 403, undefined)
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const runs = yield* Ref.make(0)
      yield* observe(57)
      yield* start({ run: () => counted(runs, () => Effect.fail(refusal)) })
      yield* TestClock.adjust("59 minutes")
      assert.deepStrictEqual([yield* states, yield* attempts], [["running"], 0])
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual([yield* states, yield* Ref.get(runs)], [["parked"], 13])
      assert.strictEqual((yield* transitions).at(-1), `running > parked: ${refusal.message}`)
      assert.deepStrictEqual(lines, ["Warn Run paused"])
    }).pipe(Effect.provide(Layer.merge(TasksOnStore, warned(lines))))
  })

  it.effect("takes a task up again at once whose repository was renamed in the middle of a run", () =>
    Effect.gen(function* () {
      const runs = yield* Ref.make(0)
      yield* observe(57)
      yield* start({ run: () => counted(runs, () => Effect.fail(fromStatus("read comments", 301, undefined))) })
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual(yield* Ref.get(runs), 2)
    }).pipe(onStore)
  )

  const passing: ReadonlyArray<readonly [string, (run: number) => ReturnType<Run>]> = [
    [
      "is refused with runs between that get further",
      (run) => (run % 12 === 0 ? Effect.succeed(null) : Effect.fail(fromStatus("read comments", 403, undefined)))
    ],
    ["waits for a token that is accepted", () => Effect.fail(fromStatus("read comments", 401, undefined))],
    [
      "waits for a spend limit",
      () => Effect.fail(new ModelSpendLimit({ operation: "turn", requestId: null, code: "billing_error" }))
    ]
  ]
  it.effect.each(passing)("parks no task that %s", ([, result]) =>
    Effect.gen(function* () {
      const runs = yield* Ref.make(0)
      yield* observe(57)
      yield* start({ run: () => counted(runs, result) })
      yield* TestClock.adjust("70 minutes")
      assert.isAbove(yield* Ref.get(runs), 12)
      assert.deepStrictEqual(yield* states, ["running"])
    }).pipe(onStore)
  )

  it.effect("renews the lease of a long run, and interrupts a run whose lease is lost", () =>
    Effect.gen(function* () {
      const interrupted = yield* Ref.make(false)
      const runs = yield* Ref.make(0)
      yield* observe(57)
      yield* start({
        run: () =>
          Effect.andThen(
            Ref.update(runs, (count) => count + 1),
            Effect.onInterrupt(Effect.never, () => Ref.set(interrupted, true))
          )
      })
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual([yield* Ref.get(runs), yield* Ref.get(interrupted)], [1, false])
      yield* alter("tasks", { lease: "another", leaseExpiresAt: Duration.toMillis("61 minutes") })
      yield* TestClock.adjust("20 seconds")
      assert.isTrue(yield* Ref.get(interrupted))
      assert.deepStrictEqual(yield* column("tasks", "lease"), ["another"])
    }).pipe(onStore)
  )

  it.effect("takes a task up again after its rest, though the clock was set back by a year meanwhile", () => {
    const { jump, layer } = jumpingClock()
    return Effect.gen(function* () {
      const runs = yield* Ref.make(0)
      yield* observe(57)
      yield* start({ run: () => counted(runs, () => Effect.fail(noAnswer("read comments", "no route"))) })
      yield* TestClock.adjust("1 second")
      yield* jump(Duration.days(-365))
      yield* TestClock.adjust("31 seconds")
      assert.strictEqual(yield* Ref.get(runs), 2)
      yield* jump(Duration.days(365))
      yield* TestClock.adjust("31 seconds")
      assert.strictEqual(yield* Ref.get(runs), 3)
    }).pipe(Effect.provide(Layer.provideMerge(TasksOnStore, layer)))
  })

  it.effect("frees a task whose run stopped before its end, without an attempt", () =>
    Effect.gen(function* () {
      const first = yield* Ref.make(true)
      yield* observe(57)
      yield* start({ run: () => Effect.map(Ref.getAndSet(first, false), (is) => (is ? null : done)) })
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual([yield* states, yield* attempts], [["answered"], 0])
    }).pipe(onStore)
  )

  it.effect("looks again after the store could not be read", () =>
    Effect.gen(function* () {
      yield* observe(57)
      yield* hide("tasks")
      yield* start({ run: () => Effect.succeed(done) })
      yield* TestClock.adjust("5 seconds")
      yield* restore("tasks")
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* states, ["answered"])
    }).pipe(onStore)
  )
})
