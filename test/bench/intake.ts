import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Array, Console, Effect, FileSystem, Order, Schema } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { addressOf, coordinator, load, node, SECRET } from "./servers.ts"
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs"

const PAIRS = 7
const CONNECTIONS = [1, 8, 32, 128]
/** Both servers are measured with their hot code compiled: the coordinator gets faster up to here, raw is there sooner. */
const WARM_UP = 8000
const DELIVERIES = 3000
const DELIVERIES_SLOW = 1500
const SLOW_SYNC_MICROSECONDS = "1000"
const SYNCS = 200
const Run = Schema.Struct({ perSecond: Schema.Finite, p50: Schema.Finite, p99: Schema.Finite, refused: Schema.Int })
type Run = typeof Run.Type
const decodeRun = Schema.decodeEffect(Schema.fromJsonString(Run))

const median = (values: ReadonlyArray<number>): number =>
  Array.sort(values, Order.Number)[Math.floor(values.length / 2)] ?? Infinity

/** Milliseconds of one sync of a small append in the folder of the stores. */
const syncTime = (folder: string): number => {
  const file = openSync(`${folder}/sync`, "a")
  const times = Array.makeBy(SYNCS, () => {
    writeSync(file, "x".repeat(4096))
    const began = performance.now()
    fsyncSync(file)
    return performance.now() - began
  })
  closeSync(file)
  return median(times)
}

/** A server of its own on a store of its own, warmed up and then measured under one load. */
const measure = (server: ChildProcess.Command, connections: number, count: number) =>
  Effect.gen(function* () {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const url = yield* addressOf(yield* server)
    yield* spawner.string(load(url, SECRET, connections, WARM_UP))
    return yield* decodeRun(yield* spawner.string(load(url, SECRET, connections, count)))
  }).pipe(Effect.scoped)

const raw = (file: string, env: Record<string, string>) => node(["test/bench/rawServer.ts", file, SECRET], env)

const figures = (name: string, runs: ReadonlyArray<Run>) =>
  `${name.padEnd(12)} ${median(runs.map(({ perSecond }) => perSecond))
    .toFixed(0)
    .padStart(6)}/s  p50 ${median(runs.map(({ p50 }) => p50))
    .toFixed(1)
    .padStart(6)} ms  p99 ${median(runs.map(({ p99 }) => p99))
    .toFixed(1)
    .padStart(6)} ms`

/** Interleaved pairs at one number of connections, with the medians of both and of their ratios. */
const compare = Effect.fnUntraced(function* (
  folder: string,
  connections: number,
  count: number,
  env: Record<string, string>
) {
  const pairs = yield* Effect.forEach(Array.range(1, PAIRS), (pair) => {
    const run = `${connections}-${pair}-${env["SLOW_SYNC_US"] ?? 0}`
    return Effect.all({
      ours: measure(coordinator(`${folder}/coordinator-${run}.db`, env), connections, count),
      raws: measure(raw(`${folder}/raw-${run}.db`, env), connections, count)
    })
  })
  const ratio = median(pairs.map(({ ours, raws }) => ours.perSecond / raws.perSecond))
  const tail = median(pairs.map(({ ours, raws }) => ours.p99 / raws.p99))
  const refused = pairs.reduce((sum, { ours, raws }) => sum + ours.refused + raws.refused, 0)
  yield* Console.log(
    `${String(connections).padStart(4)} connections, ${PAIRS} pairs of ${count} deliveries after ${WARM_UP} to warm up`
  )
  yield* Console.log(
    `     ${figures(
      "coordinator",
      pairs.map(({ ours }) => ours)
    )}`
  )
  yield* Console.log(
    `     ${figures(
      "raw",
      pairs.map(({ raws }) => raws)
    )}`
  )
  yield* Console.log(`     ratio ${ratio.toFixed(2)}, p99 ${tail.toFixed(2)} times raw's, ${refused} not answered 200`)
})

/** A library that makes every sync slower, for both servers; null where there is no C compiler. */
const slowSync = Effect.fnUntraced(function* (folder: string) {
  const library = `${folder}/slowSync.so`
  const compile = ChildProcess.make("cc", ["-shared", "-fPIC", "-o", library, "test/bench/slowSync.c", "-ldl"])
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  return yield* spawner.exitCode(compile).pipe(
    Effect.map((code) => (code === 0 ? library : null)),
    Effect.orElseSucceed(() => null)
  )
})

/**
 * Verified, stored and acknowledged deliveries per second, receive-only, next to bare `node:http` and `node:sqlite` doing the same
 * with one transaction each; by turns, so that both see the same moods of the machine.
 */
const program = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ directory: "dist", prefix: "bench-" })
  yield* Console.log(`one sync takes ${syncTime(folder).toFixed(2)} ms on this disk`)
  yield* Effect.forEach(CONNECTIONS, (connections) => compare(folder, connections, DELIVERIES, {}), { discard: true })
  const library = yield* slowSync(folder)
  if (library === null) return yield* Console.log("no C compiler: not measured with slower syncs")
  yield* Console.log("with 1 ms added to every sync")
  yield* compare(folder, 32, DELIVERIES_SLOW, { LD_PRELOAD: library, SLOW_SYNC_US: SLOW_SYNC_MICROSECONDS })
})

NodeRuntime.runMain(program.pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
