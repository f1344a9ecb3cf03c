import { NodeRuntime } from "@effect/platform-node"
import { Array, Console, Deferred, Effect, Layer, Logger, Order, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, openSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { ContextMonitor } from "../../src/context/ContextMonitor.ts"
import { ContextSchedule } from "../../src/context/ContextSchedule.ts"
import { ContextUsage } from "../../src/domain/ContextUsage.ts"
import { SessionId } from "../../src/domain/Session.ts"
import { TaskId } from "../../src/domain/Task.ts"
import { Samples } from "../../src/session/Samples.ts"
import { Sessions } from "../../src/session/Sessions.ts"
import type { LiveSession } from "../../src/session/Sessions.ts"
import { migrate } from "../../src/storage/Migrations.ts"
import * as Sqlite from "../../src/storage/Sqlite.ts"
import { settings } from "../harness/TestSettings.ts"

const SIZES = [10, 1_000, 10_000]
const TICKS = 7
const LIMIT = 200_000
const NANOS = 1e6

/** Sessions of which one in ten has a new figure at each tick, as turns of minutes under ticks of ten seconds have. */
const liveSession = (index: number, tick: () => number): LiveSession => ({
  session: {
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
  usage: Effect.sync(
    () =>
      new ContextUsage({
        used: 50_000 + (index % 10 === tick() % 10 ? tick() * 10 : index),
        limit: LIMIT,
        source: "stream",
        at: 0
      })
  ),
  needsCount: Effect.succeed(false),
  poll: Effect.void,
  canCompact: Effect.succeed(true),
  propose: () => Effect.void
})

const median = (values: ReadonlyArray<number>) => Array.sort(values, Order.Number)[values.length >> 1] ?? Infinity

/** The schema's foreign keys want the sessions that are sampled. */
const seed = (sql: SqlClient.SqlClient, size: number) =>
  Effect.gen(function* () {
    const numbers = sql`with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${size})`
    yield* sql`${numbers} insert into tasks (id, repository_id, number, full_name, title, state, priority, cause, ready_at,
        created_at, updated_at) select '1/' || n, 1, n, 'acme/shop', '', 'running', 2, '', 0, 0, 0 from numbers`
    yield* sql`${numbers} insert into sessions (id, task_id, generation, model, "limit", can_compact, state, system, tools,
        created_at) select 'session-' || (n - 1), '1/' || n, 1, 'claude-sandbox', ${LIMIT}, 1, 'open', '', '[]', 0 from numbers`
  })

/** A tick begins with a look at the list; with no time between ticks, the next look at it is the end of the last one. */
const measure = Effect.fnUntraced(function* (size: number) {
  const folder = mkdtempSync(`${tmpdir()}/monitor-`)
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
  const before = process.memoryUsage().rss
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const done = yield* Deferred.make<void>()
  const begun: Array<number> = []
  const live = Array.makeBy(size, (index) => liveSession(index, () => begun.length))
  const list = Effect.suspend(() => {
    begun.push(performance.now())
    if (begun.length === 1) delay.enable()
    return begun.length <= TICKS + 1
      ? Effect.succeed(live)
      : Effect.andThen(Deferred.succeed(done, undefined), Effect.never)
  })
  const store = Layer.effect(
    SqlClient.SqlClient,
    Sqlite.make(`${folder}/store.db`).pipe(
      Effect.tap(migrate),
      Effect.tap((sql) => seed(sql, size))
    )
  )
  const file = openSync(`${folder}/log`, "a")
  const log = Layer.succeed(Console.Console, {
    ...globalThis.console,
    log: (line: unknown) => void writeSync(file, `${String(line)}\n`)
  })
  yield* Layer.build(
    ContextMonitor.pipe(
      Layer.provide(Layer.mock(Sessions, { live: list })),
      Layer.provide(Samples.layer),
      Layer.provide(Layer.succeed(ContextSchedule, { looks: Schedule.forever })),
      Layer.provide([store, settings(), Logger.layer([Logger.consoleJson]), log])
    )
  )
  yield* Deferred.await(done)
  delay.disable()
  const [first = 0, ...others] = begun.slice(1).map((end, index) => end - (begun[index] ?? end))
  const memory = (process.memoryUsage().rss - before) / 1024 / 1024
  yield* Console.log(
    `${String(size).padStart(6)} live sessions  tick ${median(others).toFixed(1).padStart(6)} ms  ` +
      `event loop blocked ${(delay.max / NANOS).toFixed(0).padStart(3)} ms at most  memory +${memory.toFixed(0)} MB  ` +
      `(the first tick, which stores and logs a sample of each: ${first.toFixed(0)} ms)`
  )
}, Effect.scoped)

NodeRuntime.runMain(Effect.forEach(SIZES, measure, { discard: true }))
