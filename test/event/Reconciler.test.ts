import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Observation } from "../../src/domain/Mandate.ts"
import { FullName } from "../../src/domain/Repository.ts"
import { taskIdOf } from "../../src/domain/Task.ts"
import { Reconciler } from "../../src/event/Reconciler.ts"
import { fromStatus } from "../../src/gitea/GiteaError.ts"
import type { SettingsValues } from "../../src/Settings.ts"
import type { IssueRef } from "../../src/domain/IssueRef.ts"
import type { Look } from "../../src/issue/IssueReader.ts"
import { BOT } from "../harness/Deliveries.ts"
import { logged } from "../harness/Logged.ts"
import { mocks } from "../harness/Mocks.ts"
import { observing } from "../harness/Observing.ts"
import { settings } from "../harness/TestSettings.ts"

const SHOP = { id: 1, fullName: FullName.make("acme/shop") }
const OTHER = { id: 2, fullName: FullName.make("umbrella/site") }
const DOWN = fromStatus("list assigned issues", 503, undefined)
const UNASSIGNED: Look = { subject: null, issue: null, observation: Observation.Unassigned() }

const refOf = (number: number): IssueRef => ({ taskId: taskIdOf(SHOP.id, number), fullName: SHOP.fullName })

interface Scene {
  readonly listed?: Parameters<typeof mocks.Gitea>[0]["assigned"]
  readonly unfinished?: ReadonlyArray<IssueRef>
  readonly observe?: Parameters<typeof observing>[0]
  readonly confirmed?: Parameters<typeof mocks.BotIdentity>[0]["confirmed"]
  readonly settings?: Partial<SettingsValues>
}

/** The reconciler where nothing needs repair; `looks` gets the issues it looked at, `lines` the log. */
const reconciling = (scene: Scene = {}) => {
  const looks: Array<string> = []
  const lines: Array<string> = []
  const observe = scene.observe ?? (() => Effect.succeed(UNASSIGNED))
  const layer = Reconciler.pipe(
    Layer.provide([
      mocks.Gitea({
        assigned: scene.listed ?? Effect.succeed([1, 2].map((number) => ({ repository: SHOP, number }))),
        hasAssignedPulls: Effect.succeed(false)
      }),
      mocks.BotIdentity({ confirmed: scene.confirmed ?? Effect.succeed(BOT) }),
      mocks.Inbox({ of: () => Effect.succeed([]) }),
      observing((ref) => Effect.suspend(() => (looks.push(ref.taskId), observe(ref)))),
      mocks.Tasks({ find: () => Effect.succeed(null), unfinished: Effect.succeed(scene.unfinished ?? []) }),
      mocks.Gaps({ suspected: Effect.succeed([]) }),
      mocks.Uptime({}),
      settings(scene.settings),
      logged(lines)
    ])
  )
  return { layer, lines, looks }
}

describe("Reconciler", () => {
  it.effect("looks at every listed issue at start and at every interval", () => {
    const { layer, looks } = reconciling()
    return Effect.gen(function* () {
      yield* TestClock.adjust("299 seconds")
      assert.deepStrictEqual(looks, ["1/1", "1/2"])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(looks, ["1/1", "1/2", "1/1", "1/2"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("reads the issues of open tasks that are not listed, instead of taking absence for an answer", () => {
    const { layer, looks } = reconciling({ unfinished: [refOf(2), refOf(7)] })
    return Effect.gen(function* () {
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(looks, ["1/1", "1/2", "1/7"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("leaves repositories alone that may not ask", () => {
    const listed = Effect.succeed([SHOP, OTHER].map((repository) => ({ repository, number: 1 })))
    const { layer, looks } = reconciling({ listed, settings: { repositories: ["umbrella/*"] } })
    return Effect.gen(function* () {
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(looks, ["2/1"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("changes nothing when the list cannot be read, and tries again at the next interval", () => {
    let asked = 0
    const listed = Effect.suspend(() => {
      asked += 1
      return asked === 1 ? Effect.fail(DOWN) : Effect.succeed([{ repository: SHOP, number: 1 }])
    })
    const { layer, lines, looks } = reconciling({ listed, unfinished: [refOf(7)] })
    return Effect.gen(function* () {
      yield* TestClock.adjust("1 minute")
      assert.isEmpty(looks)
      assert.deepStrictEqual(lines, ["Warn Assigned issues cannot be checked"])
      yield* TestClock.adjust("4 minutes")
      assert.deepStrictEqual(looks, ["1/1", "1/7"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("goes on with the others when one issue cannot be read", () => {
    const { layer, lines, looks } = reconciling({
      unfinished: [refOf(7)],
      observe: ({ taskId }) => (taskId === refOf(1).taskId ? Effect.fail(DOWN) : Effect.succeed(UNASSIGNED))
    })
    return Effect.gen(function* () {
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(looks, ["1/1", "1/2", "1/7"])
      assert.deepStrictEqual(lines, ["Warn Issue cannot be read", "Info Assigned issues checked"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("says once of an issue that it cannot be read, until it was read again", () => {
    let isDown = true
    const { layer, lines } = reconciling({
      listed: Effect.succeed([{ repository: SHOP, number: 1 }]),
      observe: () => Effect.suspend(() => (isDown ? Effect.fail(DOWN) : Effect.succeed(UNASSIGNED)))
    })
    const warned = () => lines.filter((line) => line === "Warn Issue cannot be read").length
    return Effect.gen(function* () {
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(warned(), 1)
      isDown = false
      yield* TestClock.adjust("5 minutes")
      isDown = true
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(warned(), 2)
    }).pipe(Effect.provide(layer))
  })

  const REFUSED = fromStatus("read issue", 404, undefined)
  const CROWD = 1_000

  it.effect("looks at what can be read before what could not, and at nothing that rests", () => {
    let gone: ReadonlyArray<string> = ["1/1", "1/2"]
    const { layer, looks } = reconciling({
      settings: { reconcileInterval: Duration.seconds(4) },
      unfinished: [refOf(7)],
      observe: ({ taskId }) => (gone.includes(taskId) ? Effect.fail(REFUSED) : Effect.succeed(UNASSIGNED))
    })
    return Effect.gen(function* () {
      yield* TestClock.adjust("4 seconds")
      assert.deepStrictEqual(looks, ["1/1", "1/2", "1/7", "1/7"])
      yield* TestClock.adjust("4 seconds")
      assert.deepStrictEqual(looks.slice(4), ["1/7", "1/1", "1/2"])
      gone = []
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(looks.slice(-3), ["1/1", "1/2", "1/7"])
    }).pipe(Effect.provide(layer))
  })

  it.effect(
    "is not held up by a thousand issues out of sight: a first look at each, and no more while they rest",
    () => {
      const { layer, lines, looks } = reconciling({
        listed: Effect.succeed(Array.from({ length: CROWD }, (_, index) => ({ repository: SHOP, number: index + 1 }))),
        settings: { reconcileInterval: Duration.seconds(1) },
        observe: () => Effect.fail(REFUSED)
      })
      return Effect.gen(function* () {
        yield* TestClock.adjust("4 seconds")
        assert.lengthOf(looks, CROWD)
        assert.lengthOf(
          lines.filter((line) => line === "Info Assigned issues checked"),
          5
        )
      }).pipe(Effect.provide(layer))
    }
  )

  it.effect("leaves the rest to the next round once Gitea fails as a whole", () => {
    const { layer, lines, looks } = reconciling({
      listed: Effect.succeed(Array.from({ length: CROWD }, (_, index) => ({ repository: SHOP, number: index + 1 }))),
      observe: () => Effect.andThen(Effect.sleep("10 seconds"), Effect.fail(DOWN))
    })
    return Effect.gen(function* () {
      yield* TestClock.adjust("1 minute")
      assert.isAtMost(looks.length, 12)
      assert.include(lines, "Warn Assigned issues were not all checked: Gitea is in trouble")
    }).pipe(Effect.provide(layer))
  })

  it.effect("waits until Gitea has confirmed who the bot is", () => {
    const { layer, looks } = reconciling({ confirmed: Effect.never })
    return Effect.gen(function* () {
      yield* TestClock.adjust("1 hour")
      assert.isEmpty(looks)
    }).pipe(Effect.provide(layer))
  })

  it.effect("does nothing without a token", () => {
    const { layer, looks, lines } = reconciling({ settings: { giteaToken: null } })
    return Effect.gen(function* () {
      yield* TestClock.adjust("1 hour")
      assert.isEmpty([...looks, ...lines])
    }).pipe(Effect.provide(layer))
  })
})
