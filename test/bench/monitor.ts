import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { ChildProcessSpawner } from "effect/process"
import { node } from "./servers.ts"

const SIZES = [10, 1_000, 10_000]

/** What the monitor's ticks take, and what the live sessions it watches do, each size in a process of its own. */
const program = Effect.gen(function* () {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const measured = (size: number) => spawner.string(node(["--expose-gc", "test/bench/monitorSize.ts", String(size)]))
  yield* Effect.forEach(SIZES, (size) => Effect.flatMap(measured(size), (line) => Console.log(line.trimEnd())), {
    discard: true
  })
})

NodeRuntime.runMain(program.pipe(Effect.provide(NodeServices.layer)))
