import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Layer, Metric } from "effect"
import { TestClock } from "effect/testing"
import type { TaskState } from "../../src/domain/TaskState.ts"
import type { TimelineEntry } from "../../src/domain/Timeline.ts"
import { NOT_OURS } from "../../src/event/Verdict.ts"
import { makeGapExplainer } from "../../src/event/GapExplainer.ts"
import { Gaps } from "../../src/event/Gaps.ts"
import { fromStatus } from "../../src/gitea/GiteaError.ts"
import * as Metrics from "../../src/telemetry/Metrics.ts"
import { Uptime } from "../../src/event/Uptime.ts"
import { BOT, issue, PERSON, REPOSITORY } from "../harness/Deliveries.ts"
import { mocks } from "../harness/Mocks.ts"
import { stored } from "../harness/StoreBuilder.ts"
import { settings } from "../harness/TestSettings.ts"
import { TestStore } from "../harness/TestStore.ts"
import { taskIdOf } from "../../src/domain/Task.ts"

const TASK = taskIdOf(REPOSITORY.id, issue().number)
/** The process starts at noon; the run before it ended two minutes earlier. */
const NOON = Duration.toMillis(Duration.hours(12))
const MINUTE = Duration.toMillis(Duration.minutes(1))

const at = (minutes: number) => DateTime.formatIso(DateTime.makeUnsafe(NOON + minutes * MINUTE))
const assigned = (minutes: number): TimelineEntry => ({
  id: 5,
  type: "assignees",
  createdAt: at(minutes),
  user: PERSON,
  assignee: BOT
})

type Gitea = Parameters<typeof mocks.Gitea>[0]

/** A gap was suspected at noon, when the process had just started again. Gives what is recorded after each round. */
const scene = (members: Gitea, state: TaskState = "ready") => {
  const gitea = mocks.Gitea({
    issue: () => Effect.succeed({ ...issue(), createdAt: at(-600) }),
    hook: () => Effect.succeed("active" as const),
    ...members
  })
  const layer = Layer.mergeAll(Gaps.layer, Uptime.layer).pipe(
    Layer.provideMerge(
      Layer.effectDiscard(
        Effect.gen(function* () {
          yield* TestClock.setTime(NOON)
          yield* stored.uptime({ startedAt: NOON - 500 * MINUTE, aliveAt: NOON - 2 * MINUTE })
        })
      )
    ),
    Layer.provideMerge(TestStore),
    Layer.provideMerge(Layer.merge(gitea, mocks.BotIdentity({ confirmed: Effect.succeed(BOT) }))),
    Layer.provide([settings(), NodeServices.layer])
  )
  const round = Effect.gen(function* () {
    yield* (yield* makeGapExplainer).explainAll
    return (yield* (yield* Gaps).since(0)).map(({ cause, downFrom, downTo, happenedAt }) => ({
      cause,
      down: [downFrom, downTo].map((time) => (time === null ? null : (time - NOON) / MINUTE)),
      happened: happenedAt === null ? null : (happenedAt - NOON) / MINUTE
    }))
  })
  const suspect = Effect.flatMap(Gaps, (gaps) => gaps.suspect({ id: TASK, fullName: REPOSITORY.fullName, state }))
  return { layer, round, suspect }
}

const received = (action: string, minutes: number, reason: string | null = null) =>
  stored.delivery({
    deliveryId: `d${minutes}`,
    action,
    status: reason === null ? "done" : "ignored",
    reason,
    receivedAt: NOON + minutes * MINUTE
  })

const count = (cause: string) => Effect.map(Metric.value(Metrics.gap(cause)), (it) => Number(it.count))

describe("explain", () => {
  it.effect("waits for a delivery that may be on its way, then blames the time in which nobody listened", () => {
    const { layer, round, suspect } = scene({ timeline: () => Effect.succeed([assigned(-0.25)]) })
    return Effect.gen(function* () {
      const before = [yield* count("receiver down"), (yield* Metric.value(Metrics.repair)).count]
      yield* suspect
      assert.isEmpty(yield* round)
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(yield* round, [{ cause: "receiver down", down: [-2, 0], happened: -0.25 }])
      yield* round
      const after = [yield* count("receiver down"), (yield* Metric.value(Metrics.repair)).count]
      assert.deepStrictEqual(
        after.map((value, index) => value - (before[index] ?? 0)),
        [1, 1]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("finds nothing missed where a delivery told of it, whatever became of it", () => {
    const { layer, round, suspect } = scene({ timeline: () => Effect.succeed([assigned(-90)]) })
    return Effect.gen(function* () {
      yield* suspect
      yield* received("opened", -90, "repository is not in GITEA_REPOSITORIES")
      assert.isEmpty(yield* round)
      assert.isEmpty(yield* (yield* Gaps).suspected)
    }).pipe(Effect.provide(layer))
  })

  it.effect("takes no delivery for telling of it that came before the bot was assigned", () => {
    const { layer, round, suspect } = scene({ timeline: () => Effect.succeed([assigned(-90)]) })
    return Effect.gen(function* () {
      yield* suspect
      yield* received("opened", -90, NOT_OURS)
      assert.lengthOf(yield* round, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is not misled by deliveries that tell of something else", () => {
    const { layer, round, suspect } = scene({ timeline: () => Effect.succeed([assigned(-90)]) })
    return Effect.gen(function* () {
      yield* suspect
      yield* Effect.all([received("assigned", -200), received("edited", -80)])
      assert.deepStrictEqual(yield* round, [{ cause: "unknown", down: [null, null], happened: -90 }])
    }).pipe(Effect.provide(layer))
  })

  it.effect("takes the time of a close from the timeline, because a comment moves the issue's own", () => {
    const closed: TimelineEntry = { id: 9, type: "close", createdAt: at(-1) }
    const { layer, round, suspect } = scene(
      { timeline: () => Effect.succeed([assigned(-90), closed, { id: 10, type: "comment", createdAt: at(0) }]) },
      "cancelled"
    )
    return Effect.gen(function* () {
      yield* suspect
      assert.deepStrictEqual(yield* round, [{ cause: "receiver down", down: [-2, 0], happened: -1 }])
    }).pipe(Effect.provide(layer))
  })

  it.effect("blames the time before the first start for what is older than the coordinator", () => {
    const { layer, round, suspect } = scene({ timeline: () => Effect.succeed([assigned(-501)]) })
    return Effect.gen(function* () {
      yield* suspect
      assert.deepStrictEqual(yield* round, [{ cause: "receiver down", down: [null, -500], happened: -501 }])
    }).pipe(Effect.provide(layer))
  })

  it.effect("goes on without what Gitea refuses, and asks again for what it cannot say now", () => {
    let status = 500
    const { layer, round, suspect } = scene({
      timeline: () => Effect.fail(fromStatus("read timeline", 404, undefined)),
      hook: () => Effect.suspend(() => Effect.fail(fromStatus("list hooks", status, undefined)))
    })
    return Effect.gen(function* () {
      yield* suspect
      yield* TestClock.adjust("1 minute")
      assert.isEmpty(yield* round)
      status = 401
      assert.isEmpty(yield* round)
      status = 301
      assert.deepStrictEqual(yield* round, [{ cause: "hook missing", down: [null, null], happened: null }])
    }).pipe(Effect.provide(layer))
  })
})
