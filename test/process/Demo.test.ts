import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Console, Effect, FileSystem, Path } from "effect"
import { spawn } from "../harness/ChildProcesses.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"

const LIMIT = 180_000

/** A demo whose temporary files go to a folder of their own. */
const start = Effect.gen(function* () {
  const path = yield* Path.Path
  const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ prefix: "mosaic-test-" })
  const demo = yield* path.fromFileUrl(new URL("../../src/sandbox/demo.ts", import.meta.url))
  return { folder, child: yield* spawn([demo], { TMPDIR: folder }) }
})

const leftIn = (folder: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readDirectory(folder))

const isAlive = (pid: number) => Effect.isSuccess(Effect.try(() => process.kill(pid, 0)))

/** The processes a process has started, as Linux tells. */
const childrenOf = Effect.fnUntraced(function* (pid: number) {
  const text = yield* (yield* FileSystem.FileSystem).readFileString(`/proc/${pid}/task/${pid}/children`)
  return text.split(" ").filter(Boolean).map(Number)
})

/** What is on the screen when Ctrl-C is pressed. */
const MOMENTS = ["with 96 comments", "delivery  issues/assigned", "turn 1 finished", "COMPACTED"]

const interruptAt = Effect.fnUntraced(function* (moment: string) {
  const { child, folder } = yield* start
  yield* eventuallyInProcess("it got there", child.stdout, (lines) => lines.some((line) => line.includes(moment)))
  const children = yield* childrenOf(child.pid)
  yield* child.signal("SIGINT")
  yield* child.ended
  assert.deepStrictEqual(yield* Effect.filter(children, isAlive), [])
  assert.deepStrictEqual(yield* leftIn(folder), [])
}, Effect.scoped)

describe("Demo", () => {
  it.live(
    "tells the whole story, with a compaction and a rotation, and leaves nothing behind",
    () =>
      Effect.gen(function* () {
        const began = yield* Clock.currentTimeMillis
        const { child, folder } = yield* start
        const code = yield* child.ended
        const time = (yield* Clock.currentTimeMillis) - began
        yield* Console.log(`demo: ${time} ms`)
        const output = (yield* child.stdout).join("\n")
        assert.strictEqual(code, 0, output)
        assert.include(output, "COMPACTED")
        assert.include(output, "ROTATED")
        assert.match(output, /task completed/)
        assert.match(output, /Pull request #2: Cart total differs from the invoice by one cent \(#1\)/)
        assert.match(output, /^ {2}\| \+ {2}Math\.round\(lines\.reduce/m)
        assert.deepStrictEqual(yield* child.stderr, [])
        assert.deepStrictEqual(yield* leftIn(folder), [])
      }).pipe(Effect.provide(NodeServices.layer)),
    LIMIT
  )

  it.live.runIf(process.platform === "linux")(
    "leaves no process and no file behind whenever Ctrl-C comes",
    () => Effect.forEach(MOMENTS, interruptAt, { discard: true }).pipe(Effect.provide(NodeServices.layer)),
    LIMIT
  )
})
