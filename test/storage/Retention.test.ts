import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { isOver } from "../../src/domain/TaskState.ts"
import { RetentionJob } from "../../src/Server.ts"
import { TestStore } from "../harness/TestStore.ts"
import { rows } from "../harness/Workbench.ts"

const NOW = Date.UTC(2026, 5, 1)
const daysAgo = (days: number) => NOW - Duration.toMillis(Duration.days(days))

const add = Effect.fnUntraced(function* (table: string, row: Record<string, unknown>) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`insert into ${sql(table)} ${sql.insert(row)}`
})

const delivery = (status: string, days: number) =>
  add("deliveries", {
    deliveryId: `${status} ${days}`,
    bodyHash: "hash",
    event: "issues",
    status,
    body: "BODY",
    receivedAt: daysAgo(days)
  })

const numbers = { ready: 1, running: 2, parked: 3, completed: 4, failed: 5, cancelled: 6 }

/** A task that came to this state so many days ago, with a session of 200 days ago. */
const task = Effect.fnUntraced(function* (state: keyof typeof numbers, days: number) {
  const number = numbers[state] * 1000 + days
  const id = `1/${number}`
  const at = daysAgo(200)
  const subject = { repositoryId: 1, number, fullName: "acme/shop", title: "", priority: 2 }
  yield* add("tasks", { id, ...subject, state, cause: "", readyAt: at, createdAt: at, updatedAt: daysAgo(days) })
  yield* add("transitions", { taskId: id, from: null, to: state, cause: "", at })
  yield* add("sessions", {
    id: `${state} ${days}`,
    taskId: id,
    generation: 1,
    model: "claude-test",
    limit: 1000,
    canCompact: 1,
    state: isOver(state) ? "ended" : "open",
    system: "",
    tools: "",
    createdAt: at
  })
  yield* add("journal", { sessionId: `${state} ${days}`, seq: 0, at, entry: "{}" })
})

const sample = (action: string, days: number) =>
  add("samples", { sessionId: "ready 100", at: daysAgo(days), used: days, limit: 1000, by: "tick", action })

const gap = (cause: string | null, days: number) =>
  add("gaps", { taskId: "1/1100", fullName: "acme/shop", cause, foundAt: daysAgo(days), state: `${cause} ${days}` })

const comment = (kind: string, state: string, days: number) =>
  add("outbox", {
    key: `task ${state} ${days} ${kind}`,
    taskId: "1/1100",
    needsMandate: 1,
    body: "",
    state,
    createdAt: daysAgo(days)
  })

const SETTLED = ["done", "ignored", "duplicate", "failed"]

/** Rows of every table on both sides of each limit, and what waits, long past them. */
const fill = Effect.gen(function* () {
  yield* Effect.forEach(["accepted", ...SETTLED], (status) =>
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

const column = <A = string>(text: string) =>
  Effect.map(rows<{ it: A }>(`${text} order by rowid`), (found) => found.map(({ it }) => it))

const kept = Effect.all({
  bodies: column("select delivery_id as it from deliveries where body is not null"),
  deliveries: column("select delivery_id as it from deliveries"),
  tasks: column<number>("select count(*) as it from tasks"),
  transitions: column<number>("select count(*) as it from transitions"),
  sessions: column<number>("select count(*) as it from sessions"),
  journals: column("select session_id as it from journal"),
  samples: column("select action || ' ' || used as it from samples"),
  gaps: column("select state as it from gaps"),
  comments: column("select key as it from outbox"),
  holders: column<number>("select count(*) as it from holder")
})

/** Each of the names, so many days old. */
const each = (names: ReadonlyArray<string>, ...days: ReadonlyArray<number>) =>
  names.flatMap((name) => days.map((age) => `${name} ${age}`))

const WAITING = ["ready 100", "running 100", "parked 100"]

const YOUNG_ENOUGH = {
  bodies: [...each(["accepted"], 29.75, 30.25, 179.75, 180.25), ...each(SETTLED, 29.75)],
  deliveries: [...each(["accepted"], 29.75, 30.25, 179.75, 180.25), ...each(SETTLED, 29.75, 30.25, 179.75)],
  tasks: [9],
  transitions: [9],
  sessions: [9],
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
  holders: [1]
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

  it.effect("goes on with the other tables, and the next day, when one cannot be cleaned", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(NOW)
      yield* fill
      yield* rows("alter table outbox rename to away")
      yield* Layer.build(RetentionJob)
      yield* TestClock.adjust(0)
      yield* rows("alter table away rename to outbox")
      const { comments, ...others } = yield* kept
      assert.deepInclude(YOUNG_ENOUGH, others)
      assert.lengthOf(comments, 12)
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual((yield* kept).comments, KEPT_FOR_GOOD)
    }).pipe(Effect.provide(TestStore))
  )
})
