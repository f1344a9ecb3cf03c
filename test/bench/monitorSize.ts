// The monitor's ticks over as many live sessions as the argument says; with `--expose-gc`.
import { NodeRuntime } from "@effect/platform-node"
import { Array, Console, Deferred, Duration, Effect, Layer, Logger, Metric, Order, Ref, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, openSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { ContextMonitor } from "../../src/context/ContextMonitor.ts"
import * as Meter from "../../src/context/Meter.ts"
import { SessionId } from "../../src/domain/Session.ts"
import { TaskId } from "../../src/domain/Task.ts"
import * as Metrics from "../../src/telemetry/Metrics.ts"
import { UsageLog } from "../../src/context/UsageLog.ts"
import { LiveSessions } from "../../src/context/LiveSessions.ts"
import { migrate } from "../../src/storage/Migrations.ts"
import * as Sqlite from "../../src/storage/Sqlite.ts"
import { stored } from "../harness/StoreBuilder.ts"
import { settings } from "../harness/TestSettings.ts"

const size = Number(process.argv[2])
const TICKS = 8
const LIMIT = 200_000
const NANOS = 1e6
const KIBIBYTE = 1024

/** At each tick one in ten has a new figure, as turns of minutes under ticks of ten seconds have. */
const TURNS = 10
/** One in a hundred is so full that what it appended has to be counted. */
const isFull = (index: number) => index % 100 === 99
const FULL = 150_000

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(`${tmpdir()}/monitor-`)),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/** The schema's foreign keys want the sessions that are sampled. */
const seed = (sql: SqlClient.SqlClient) =>
  Effect.forEach(
    Array.range(0, size - 1),
    (index) =>
      Effect.andThen(
        stored.task({ repositoryId: 1, number: index + 1, state: "running" }),
        stored.session({ id: `session-${index}`, taskId: `1/${index + 1}`, limit: LIMIT })
      ),
    { discard: true }
  ).pipe(sql.withTransaction, Effect.provideService(SqlClient.SqlClient, sql))

/** A session at work, and what gives it another figure. */
const enter = Effect.fnUntraced(function* (index: number) {
  const full = isFull(index)
  const used = yield* Ref.make(full ? FULL : index)
  const { meter } = yield* (yield* LiveSessions).enter(
    {
      id: SessionId.make(`session-${index}`),
      task: TaskId.make(`1/${index + 1}`),
      generation: 1,
      model: "claude-sandbox",
      limit: LIMIT,
      canCompact: true,
      state: "open",
      system: "",
      tools: "[]",
      predecessor: null
    },
    {
      count: Ref.get(used),
      canCompact: Effect.succeed(true),
      meter: full ? { ...Meter.unmeasured, used: FULL } : Meter.streamed(Meter.blank, index, 0)
    }
  )
  const change = Effect.flatMap(
    Ref.updateAndGet(used, (before) => before + 1),
    (now) => Ref.update(meter, (before) => (full ? Meter.appended(before, 2, 0) : Meter.streamed(before, now, 0)))
  )
  return { index, full, change }
})

/** In bytes, of what is still in use. */
const heap = Effect.sync(() => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
})

const median = (values: ReadonlyArray<number>) => Array.sort(values, Order.Number)[values.length >> 1] ?? NaN

const surroundings = (path: string) =>
  Layer.merge(UsageLog.layer, LiveSessions.layer).pipe(
    Layer.provide(
      Layer.effect(SqlClient.SqlClient, Sqlite.make(`${path}/store.db`).pipe(Effect.tap(migrate), Effect.tap(seed)))
    ),
    Layer.provideMerge(settings({ contextPollInterval: Duration.millis(1) }))
  )

/** Lines of JSON to a file, as the service's go. */
const logTo = (path: string) => {
  const file = openSync(path, "a")
  const log = (line: unknown) => void writeSync(file, `${String(line)}\n`)
  return Layer.merge(Logger.layer([Logger.consoleJson]), Layer.succeed(Console.Console, { ...globalThis.console, log }))
}

const measure = Effect.fnUntraced(function* (path: string) {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const done = yield* Deferred.make<void>()
  const told = Effect.map(Metric.value(Metrics.contextRatio), ({ count }) => count)
  const before = yield* heap
  const sessions = yield* Effect.forEach(Array.range(0, size - 1), enter)
  const begun: Array<number> = []
  const ticks: Array<number> = []
  let expected = size

  /** A tick ends when all its news are stored and logged, those that were counted too. */
  const between = Effect.gen(function* () {
    yield* Effect.repeat(told, { until: (count) => count === expected, schedule: Schedule.spaced("1 milli") })
    ticks.push(performance.now() - (begun.at(-1) ?? NaN))
    if (ticks.length === TICKS) return yield* Effect.andThen(Deferred.succeed(done, undefined), Effect.never)
    const changing = sessions.filter(({ full, index }) => full || index % TURNS === ticks.length)
    yield* Effect.forEach(changing, ({ change }) => change, { discard: true })
    expected += changing.length
    begun.push(performance.now())
  })
  // A tick begins with the list of sessions.
  const paced = Layer.effect(
    LiveSessions,
    Effect.map(LiveSessions, (all) => ({
      ...all,
      live: Effect.andThen(
        Effect.suspend(() => (begun.length === 0 ? Effect.sync(() => void begun.push(performance.now())) : between)),
        all.live
      )
    }))
  )
  delay.enable()
  yield* Layer.build(Layer.provide(ContextMonitor, [paced, logTo(`${path}/log`)]))
  yield* Deferred.await(done)
  delay.disable()
  const [first = NaN, ...others] = ticks
  const bytes = (yield* heap) - before
  yield* Console.log(
    `${String(size).padStart(6)} live sessions  tick ${median(others).toFixed(1).padStart(6)} ms  ` +
      `event loop blocked ${(delay.max / NANOS).toFixed(0).padStart(3)} ms at most  ` +
      `memory +${(bytes / KIBIBYTE / KIBIBYTE).toFixed(1)} MB, ${(bytes / KIBIBYTE / size).toFixed(1)} kB per session  ` +
      `(the first tick, which stores and logs a sample of each: ${first.toFixed(0)} ms)`
  )
})

NodeRuntime.runMain(
  Effect.flatMap(folder, (path) => measure(path).pipe(Effect.provide(surroundings(path)))).pipe(Effect.scoped)
)
