import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, FileSystem } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { addressOf, coordinator, load } from "./servers.ts"

const FIRST = 2_000
const ALL = 20_000
const CONNECTIONS = 32
/** For what was held for the last requests to be given back. */
const REST = "2 seconds"

/** Resident memory of a process after a rest, in MB of 1024 * 1024 bytes. */
const memoryOf = Effect.fnUntraced(function* ({ pid }: ChildProcessSpawner.ChildProcessHandle) {
  yield* Effect.sleep(REST)
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  return Number(yield* spawner.string(ChildProcess.make("ps", ["-o", "rss=", "-p", String(pid)]))) / 1024
})

/** What requests that nobody signed leave in memory: that of the first 2,000 next to that of 20,000. */
const program = Effect.gen(function* () {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ directory: "dist", prefix: "bench-" })
  const server = yield* coordinator(`${folder}/store.db`)
  const url = yield* addressOf(server)
  const send = (count: number) => spawner.string(load(url, "not-the-secret-of-the-hook", CONNECTIONS, count))
  const before = yield* memoryOf(server)
  yield* send(FIRST)
  const first = yield* memoryOf(server)
  yield* send(ALL - FIRST)
  const all = yield* memoryOf(server)
  yield* Console.log(
    `${before.toFixed(0)} MB at rest, ${first.toFixed(0)} MB after ${FIRST} refused requests, ` +
      `${all.toFixed(0)} MB after ${ALL}: ${(all - first).toFixed(1)} MB more`
  )
})

NodeRuntime.runMain(program.pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
