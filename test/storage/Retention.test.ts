import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import type { Downtime } from "../../src/domain/Gap.ts"
import { isOver } from "../../src/domain/TaskState.ts"
import { RetentionJob as Job } from "../../src/operator/RetentionJob.ts"
import { doubt, shareOf } from "../../src/storage/Retention.ts"
import { logged, warned } from "../harness/Logged.ts"
import { mocks } from "../harness/Mocks.ts"
import { jumpingClock } from "../harness/JumpingClock.ts"
import { stored } from "../harness/StoreBuilder.ts"
import { column, count, read } from "../harness/StoreReader.ts"
import { hide, restore } from "../harness/StoreTrouble.ts"
import type { Tables } from "../harness/Tables.ts"
import { TestStore } from "../harness/TestStore.ts"

const NOW = Date.UTC(2026, 5, 1)
const jobAfter = (downtimes: ReadonlyArray<Downtime>) =>
  Job.pipe(Layer.provide(mocks.Uptime({ downtimes: Effect.succeed(downtimes) })))
const RetentionJob = jobAfter([])
const daysAgo = (days: number) => NOW - Duration.toMillis(Duration.days(days))

const delivery = (status: Tables["deliveries"]["status"], days: number) =>
  stored.delivery({ deliveryId: `${status} ${days}`, status, body: "BODY", receivedAt: daysAgo(days) })

const NUMBERS = { ready: 1, running: 2, parked: 3, completed: 4, failed: 5, cancelled: 6 }

/** A task that came to this state so many days ago, with a session of 200 days ago. */
const task = Effect.fnUntraced(function* (state: keyof typeof NUMBERS, days: number) {
  const number = NUMBERS[state] * 1000 + days
  const taskId = `1/${number}`
  const sessionId = `${state} ${days}`
  const at = daysAgo(200)
  yield* stored.task({ repositoryId: 1, number, state, readyAt: at, createdAt: at, updatedAt: daysAgo(days) })
  yield* stored.transition({ taskId, to: state, at })
  yield* stored.session({ id: sessionId, taskId, state: isOver(state) ? "ended" : "open", createdAt: at })
  yield* stored.entry({ sessionId, at })
})

/** What samples, gaps and comments are of. */
const READY = "1/1100"

const sample = (action: string, days: number) => stored.sample({ sessionId: "ready 100", at: daysAgo(days), action })
const gap = (cause: string | null, days: number) => stored.gap({ taskId: READY, cause, foundAt: daysAgo(days) })
const comment = (kind: string, state: string, days: number) =>
  stored.outbox({ key: `task ${state} ${days} ${kind}`, taskId: READY, state, createdAt: daysAgo(days) })

const SETTLED = ["done", "ignored", "duplicate", "failed"] as const

/** Rows of every table on both sides of each limit, and what waits, long past them. */
const fill = Effect.gen(function* () {
  yield* Effect.forEach(["accepted", ...SETTLED] as const, (status) =>
    Effect.forEach([29.75, 30.25, 179.75, 180.25], (days) => delivery(status, days))
  )
  yield* Effect.forEach(["ready", "running", "parked"] as const, (state) => task(state, 100))
  yield* Effect.forEach(["completed", "failed", "cancelled"] as const, (state) =>
    Effect.forEach([29, 31], (days) => task(state, days))
  )
  yield* Effect.forEach(["continue", "compact", "rotate"], (action) =>
    Effect.forEach([6.75, 7.25], (days) => sample(action, days))
  )
  yield* Effect.forEach([null, "unknown"], (cause) => Effect.forEach([179.75, 180.25], (days) => gap(cause, days)))
  yield* Effect.forEach(["pending", "sent", "dropped"], (state) =>
    Effect.forEach([179.75, 180.25], (days) =>
      Effect.andThen(comment("report 1", state, days), comment("progress", state, days))
    )
  )
})

/** Rows by a name and by their age in days. */
const aged = <Row>(
  rows: Effect.Effect<ReadonlyArray<Row>, never, SqlClient.SqlClient>,
  name: (row: Row) => string | null,
  at: (row: Row) => number
) => Effect.map(rows, (all) => all.map((row) => `${name(row)} ${(NOW - at(row)) / Duration.toMillis("1 day")}`))

const kept = Effect.all({
  bodies: column("deliveries", "deliveryId", { body: "BODY" }),
  deliveries: column("deliveries", "deliveryId"),
  tasks: count("tasks"),
  transitions: count("transitions"),
  sessions: count("sessions"),
  journals: column("journal", "sessionId"),
  samples: aged(
    read("samples", ["action", "at"]),
    ({ action }) => action,
    ({ at }) => at
  ),
  gaps: aged(
    read("gaps", ["cause", "foundAt"]),
    ({ cause }) => cause,
    ({ foundAt }) => foundAt
  ),
  comments: column("outbox", "key"),
  holders: count("holder")
})

/** Each of the names, so many days old. */
const each = (names: ReadonlyArray<string>, ...days: ReadonlyArray<number>) =>
  names.flatMap((name) => days.map((age) => `${name} ${age}`))

const WAITING = ["ready 100", "running 100", "parked 100"]

const YOUNG_ENOUGH = {
  bodies: [...each(["accepted"], 29.75, 30.25, 179.75, 180.25), ...each(SETTLED, 29.75)],
  deliveries: [...each(["accepted"], 29.75, 30.25, 179.75, 180.25), ...each(SETTLED, 29.75, 30.25, 179.75)],
  tasks: 9,
  transitions: 9,
  sessions: 9,
  journals: [...WAITING, ...each(["completed", "failed", "cancelled"], 29)],
  samples: ["continue 6.75", ...each(["compact", "rotate"], 6.75, 7.25)],
  gaps: ["null 179.75", "null 180.25", "unknown 179.75"],
  comments: [
    "task pending 179.75 report 1",
    "task pending 179.75 progress",
    "task pending 180.25 report 1",
    "task pending 180.25 progress",
    ...["sent", "dropped"].flatMap((state) => [
      `task ${state} 179.75 report 1`,
      `task ${state} 179.75 progress`,
      `task ${state} 180.25 progress`
    ])
  ],
  holders: 1
}

/** A progress comment is edited again when its task goes on. */
const KEPT_FOR_GOOD = YOUNG_ENOUGH.comments.filter((key) => /pending|progress/.test(key))

describe("Retention", () => {
  it.effect("takes what is past its time at start, and nothing that still waits", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(NOW)
      yield* fill
      yield* Layer.build(RetentionJob)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(yield* kept, YOUNG_ENOUGH)
    }).pipe(Effect.provide(TestStore))
  )

  it.effect("takes the rest day by day, until only what waits is left, and what is kept for good", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(NOW)
      yield* fill
      yield* Layer.build(RetentionJob)
      yield* TestClock.adjust("1 day")
      const { bodies, deliveries, samples } = yield* kept
      assert.deepStrictEqual(bodies, each(["accepted"], 29.75, 30.25, 179.75, 180.25))
      assert.deepStrictEqual(deliveries, [...bodies, ...each(SETTLED, 29.75, 30.25)])
      assert.deepStrictEqual(samples, each(["compact", "rotate"], 6.75, 7.25))
      yield* TestClock.adjust("200 days")
      assert.deepStrictEqual(yield* kept, {
        ...YOUNG_ENOUGH,
        bodies,
        deliveries: bodies,
        journals: WAITING,
        samples,
        gaps: each(["null"], 179.75, 180.25),
        comments: KEPT_FOR_GOOD
      })
    }).pipe(Effect.provide(TestStore))
  )

  it.effect("takes nothing at a start that is days after the last sign of life, and goes on a day later", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      yield* TestClock.setTime(NOW)
      yield* fill
      const before = yield* kept
      yield* Layer.build(jobAfter([{ from: daysAgo(400), to: NOW }]))
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(yield* kept, before)
      assert.deepStrictEqual(lines, ["Warn Nothing old removed: the clock may be wrong"])
      yield* TestClock.adjust("1 day")
      assert.notDeepEqual(yield* kept, before)
    }).pipe(Effect.provide([TestStore, warned(lines)]))
  })

  it.effect("takes nothing on the day after the clock has jumped", () => {
    const { jump, layer } = jumpingClock()
    return Effect.gen(function* () {
      yield* TestClock.setTime(NOW)
      yield* Layer.build(RetentionJob)
      yield* TestClock.adjust(0)
      yield* fill
      const before = yield* kept
      yield* jump("400 days")
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* kept, before)
      yield* jump("-400 days")
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* kept, before)
      yield* TestClock.adjust("1 day")
      assert.notDeepEqual(yield* kept, before)
    }).pipe(Effect.provide(Layer.provideMerge(TestStore, layer)))
  })

  it.effect("takes a quarter of a large table in one run, and says how much", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      yield* TestClock.setTime(NOW)
      yield* stored.task()
      yield* stored.session()
      const sql = yield* SqlClient.SqlClient
      const old = Array.from({ length: 4_801 }, () => stored.sample({ at: daysAgo(8), action: "continue" }))
      yield* sql.withTransaction(Effect.all(old, { discard: true }))
      yield* Layer.build(RetentionJob)
      yield* TestClock.adjust(0)
      assert.strictEqual(yield* count("samples"), 3_601)
      assert.deepStrictEqual(lines, ["Info Old rows removed"])
      yield* TestClock.adjust("1 day")
      assert.strictEqual(yield* count("samples"), 2_601)
    }).pipe(Effect.provide([TestStore, logged(lines)]))
  })

  it("takes a quarter, or a thousand where that is more", () => {
    assert.deepStrictEqual([0, 3_999, 4_000, 40_000].map(shareOf), [1_000, 1_000, 1_000, 10_000])
  })

  const at = (wall: number, steady: number) => ({ wall: NOW + wall, steady })
  const HOUR = Duration.toMillis("1 hour")
  const DAY = 24 * HOUR
  it.each([
    ["the first start", [{ from: 0, to: NOW }], null, false],
    ["a start after a night", [{ from: NOW - 10 * HOUR, to: NOW }], null, false],
    ["a start after a year", [{ from: NOW - 365 * DAY, to: NOW }], null, true],
    ["a start before the end of the last run", [{ from: NOW + 9 * DAY, to: NOW }], null, true],
    [
      "the second start after that",
      [
        { from: NOW - 365 * DAY, to: NOW - HOUR },
        { from: NOW - HOUR, to: NOW }
      ],
      null,
      true
    ],
    [
      "a start two days after it",
      [
        { from: NOW - 365 * DAY, to: NOW - 2 * DAY },
        { from: NOW - HOUR, to: NOW }
      ],
      null,
      false
    ],
    ["a day like another", [{ from: NOW - 365 * DAY, to: NOW - DAY }], at(-DAY, -DAY), false],
    ["a day on which the clock went forward", [], at(-9 * DAY, -DAY), true],
    ["a day on which it went back", [], at(DAY, -DAY), true]
  ] as const)("on %s", (_, downtimes, before, isDoubtful) => {
    assert.strictEqual(doubt(at(0, 0), before, downtimes) !== null, isDoubtful)
  })

  it.effect("goes on with the other tables, and the next day, when one cannot be cleaned", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(NOW)
      yield* fill
      yield* hide("outbox")
      yield* Layer.build(RetentionJob)
      yield* TestClock.adjust(0)
      yield* restore("outbox")
      const today = yield* kept
      assert.lengthOf(today.comments, 12)
      assert.deepStrictEqual(today, { ...YOUNG_ENOUGH, comments: today.comments })
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual((yield* kept).comments, KEPT_FOR_GOOD)
    }).pipe(Effect.provide(TestStore))
  )
})
