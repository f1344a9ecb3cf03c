import { assert, describe, it } from "@effect/vitest"
import { Array, Clock, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { Comment } from "../../src/domain/Comment.ts"
import { withMarker } from "../../src/domain/Comment.ts"
import { Observation } from "../../src/domain/Mandate.ts"
import { fromStatus } from "../../src/gitea/GiteaError.ts"
import type { GiteaError } from "../../src/gitea/GiteaError.ts"
import { Reporter } from "../../src/report/Reporter.ts"
import type { SettingsValues } from "../../src/Settings.ts"
import type { Look } from "../../src/issue/IssueReader.ts"
import { Outbox, progressKey, reportKey } from "../../src/outbox/Outbox.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { BOT, issue, PERSON } from "../harness/Deliveries.ts"
import { warned } from "../harness/Logged.ts"
import { mocks } from "../harness/Mocks.ts"
import { observing } from "../harness/Observing.ts"
import { clear, takenOver } from "../harness/StoreBuilder.ts"
import { read } from "../harness/StoreReader.ts"
import { settings } from "../harness/TestSettings.ts"
import { TestStore } from "../harness/TestStore.ts"
import { SUBJECT, TASK } from "../harness/Workbench.ts"

const REPORT = reportKey(TASK, 1)
const MANDATE = { source: "timeline", id: 1 } as const

const looking = (observation: Observation): Look =>
  observation._tag === "Gone"
    ? { subject: null, issue: null, observation }
    : { subject: SUBJECT, issue: issue(), observation }
const ASSIGNED = looking(Observation.Assigned({ mandate: MANDATE }))

interface Scene {
  readonly look?: Look
  /** Why the issue cannot be looked at. */
  readonly unseen?: GiteaError
  readonly comments?: ReadonlyArray<Comment>
  /** How writes end, one after the other; later ones go well. */
  readonly failures?: ReadonlyArray<GiteaError>
  readonly confirmed?: Parameters<typeof mocks.BotIdentity>[0]["confirmed"]
  readonly settings?: Partial<SettingsValues>
}

/** The reporter over a real outbox and a scripted issue; `writes` are those tried, with the second in which they were. */
const reporting = (scene: Scene = {}) => {
  const writes: Array<{ readonly at: number; readonly what: string }> = []
  const write = Effect.fnUntraced(function* (what: string) {
    const failure = scene.failures?.[writes.length]
    writes.push({ at: Math.floor((yield* Clock.currentTimeMillis) / 1000), what })
    if (failure !== undefined) return yield* failure
    return { id: 100 + writes.length, user: BOT, body: "" }
  })
  const gitea = mocks.Gitea({
    comments: () => Effect.succeed(scene.comments ?? []),
    createComment: (_, __, body) => write(`new ${firstLine(body)}`),
    editComment: (_, id, body) => Effect.asVoid(write(`edit ${id} ${firstLine(body)}`))
  })
  const layer = Reporter.pipe(
    Layer.provide(observing(() => scene.unseen ?? Effect.succeed(scene.look ?? ASSIGNED))),
    Layer.provide(mocks.BotIdentity({ confirmed: scene.confirmed ?? Effect.succeed(BOT) })),
    Layer.provide(gitea),
    Layer.provideMerge(Tasks.layer),
    Layer.provideMerge(Outbox.layer),
    Layer.provideMerge(TestStore),
    Layer.provide(settings(scene.settings))
  )
  return { layer, writes, what: () => writes.map(({ what }) => what) }
}

const firstLine = (body: string): string => body.replace(/^<!-- .* -->\n\n/, "").split("\n")[0] ?? ""

/** Says something about the task, which is there and has said nothing else. */
const say = Effect.fnUntraced(function* (key: string, text: string, needsMandate = true) {
  yield* (yield* Outbox).put({ key, taskId: TASK, needsMandate, body: withMarker(key, text) })
})

const begun = Effect.gen(function* () {
  yield* (yield* Tasks).observed(TASK, SUBJECT, Observation.Assigned({ mandate: MANDATE }))
  yield* clear("outbox")
})

/** The task has an answer to give. */
const answered = Effect.andThen(begun, say(REPORT, "The answer"))

const rows = read("outbox", ["key", "state", "reason", "commentId"])

describe("Reporter", () => {
  it.effect("edits a comment at most every ten seconds, and ends with the newest text", () => {
    const { layer, writes, what } = reporting()
    return Effect.gen(function* () {
      yield* begun
      yield* Effect.forEach(Array.range(0, 29), (second) =>
        Effect.andThen(say(progressKey(TASK), `second ${second}`), TestClock.adjust("1 second"))
      )
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(what()[0], "new second 0")
      assert.strictEqual(what().at(-1), "edit 101 second 29")
      const pauses = Array.zipWith(writes, writes.slice(1), (one, next) => next.at - one.at)
      assert.isTrue(
        pauses.every((pause) => pause >= 10),
        pauses.join(" ")
      )
      assert.lengthOf(writes, 4)
      assert.deepStrictEqual(yield* rows, [{ key: progressKey(TASK), state: "sent", reason: null, commentId: 101 }])
    }).pipe(Effect.provide(layer))
  })

  it.effect("finds the comment it wrote before it lost the answer, by marker and own id", () => {
    const own: Comment = { id: 7, user: BOT, body: withMarker(REPORT, "The answer") }
    const { layer, what } = reporting({
      failures: [fromStatus("create comment", 500, undefined)],
      comments: [{ ...own, id: 6, user: PERSON }, own]
    })
    return Effect.gen(function* () {
      yield* answered
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(what(), ["new The answer", "edit 7 The answer"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("looks for no comment before it has tried to write one", () => {
    const other: Comment = { id: 7, user: BOT, body: withMarker(REPORT, "From another store") }
    const { layer, what } = reporting({ comments: [other] })
    return Effect.gen(function* () {
      yield* answered
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(what(), ["new The answer"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("waits half a minute after trouble and five minutes after a refusal", () => {
    const { layer, writes } = reporting({
      failures: [fromStatus("create comment", 503, undefined), fromStatus("create comment", 403, undefined)]
    })
    return Effect.gen(function* () {
      yield* answered
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(
        Array.zipWith(writes, writes.slice(1), (one, next) => next.at - one.at),
        [30, 300]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("gives a comment up whose issue has been out of sight for an hour, and warns twice in all", () => {
    const unseen = fromStatus("read repository", 404, undefined)
    const { layer } = reporting({ unseen })
    const lines: Array<string> = []
    return Effect.gen(function* () {
      yield* answered
      yield* TestClock.adjust("50 minutes")
      assert.deepStrictEqual(yield* rows, [{ key: REPORT, state: "pending", reason: null, commentId: null }])
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* rows, [{ key: REPORT, state: "dropped", reason: unseen.message, commentId: null }])
      assert.deepStrictEqual(lines, ["Warn Comment postponed", "Warn Comment given up"])
    }).pipe(Effect.provide(Layer.provideMerge(layer, warned(lines))))
  })

  it.effect("begins to count refusals anew for a comment that was given up and is said again", () => {
    const refused = fromStatus("create comment", 403, undefined)
    const { layer } = reporting({ failures: Array.replicate(refused, 13) })
    return Effect.gen(function* () {
      yield* begun
      yield* say(progressKey(TASK), "At work")
      yield* TestClock.adjust("1 hour")
      assert.deepInclude((yield* rows)[0], { state: "dropped", reason: refused.message })
      yield* say(progressKey(TASK), "At work again")
      yield* TestClock.adjust("10 minutes")
      assert.deepInclude((yield* rows)[0], { state: "sent", reason: null })
    }).pipe(Effect.provide(layer))
  })

  it.effect("gives no answer up at its first refusal after a long outage, of which it warns once", () => {
    const outage = Array.replicate(fromStatus("create comment", 503, undefined), 20)
    const { layer, writes } = reporting({ failures: [...outage, fromStatus("create comment", 403, undefined)] })
    const lines: Array<string> = []
    return Effect.gen(function* () {
      yield* answered
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* rows, [{ key: REPORT, state: "sent", reason: null, commentId: 122 }])
      assert.lengthOf(writes, 22)
      assert.deepStrictEqual(lines, ["Warn Comment postponed"])
    }).pipe(Effect.provide(Layer.provideMerge(layer, warned(lines))))
  })

  it.effect("gives no answer up because the token is not accepted", () => {
    const { layer } = reporting({ unseen: fromStatus("read issue", 401, undefined) })
    return Effect.gen(function* () {
      yield* answered
      yield* TestClock.adjust("3 hours")
      assert.deepInclude((yield* rows)[0], { state: "pending" })
    }).pipe(Effect.provide(layer))
  })

  it.effect("parks a task on whose issue nothing can be written", () => {
    const { layer } = reporting({ failures: [fromStatus("create comment", 423, undefined)] })
    return Effect.gen(function* () {
      yield* answered
      yield* TestClock.adjust("1 second")
      const task = yield* (yield* Tasks).find(TASK)
      assert.strictEqual(task?.state, "parked")
      assert.include(task?.cause, "the repository is archived or the issue locked")
    }).pipe(Effect.provide(layer))
  })

  it.effect("lets other comments pass one that waits", () => {
    const { layer, what } = reporting({ failures: [fromStatus("create comment", 503, undefined)] })
    return Effect.gen(function* () {
      yield* answered
      yield* TestClock.adjust("1 second")
      yield* say(progressKey(TASK), "At work")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(what(), ["new The answer", "new At work"])
    }).pipe(Effect.provide(layer))
  })

  it.effect.each([
    [Observation.Closed(), "the issue is closed"],
    [Observation.Unassigned(), "the issue is not assigned to the bot"],
    [Observation.Gone(), "the issue no longer exists"]
  ] as const)("gives no answer on an issue that is %j", ([observation, reason]) => {
    const { layer, what } = reporting({ look: looking(observation) })
    return Effect.gen(function* () {
      yield* answered
      yield* TestClock.adjust("1 minute")
      assert.isEmpty(what())
      assert.deepStrictEqual(yield* rows, [{ key: REPORT, state: "dropped", reason, commentId: null }])
    }).pipe(Effect.provide(layer))
  })

  it.effect("writes nothing once another process holds the store", () => {
    const { layer, what } = reporting()
    return Effect.gen(function* () {
      yield* begun
      yield* takenOver
      yield* say(REPORT, "The answer")
      yield* TestClock.adjust("1 minute")
      assert.isEmpty(what())
    }).pipe(Effect.provide(layer))
  })

  it.effect.each([{ confirmed: Effect.never }, { settings: { giteaToken: null } }])(
    "writes nothing before Gitea confirms who the bot is, nor without a token",
    (scene) => {
      const { layer, what } = reporting(scene)
      return Effect.gen(function* () {
        yield* answered
        yield* TestClock.adjust("1 hour")
        assert.isEmpty(what())
      }).pipe(Effect.provide(layer))
    }
  )
})
