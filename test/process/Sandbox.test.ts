import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, FileSystem, Path, Queue, Stream } from "effect"
import { spawn } from "../harness/ChildProcesses.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"

const LIMIT = 120_000

/** A sandbox at whose prompt a test types. It leaves its temporary files in a folder of their own. */
const start = Effect.gen(function* () {
  const path = yield* Path.Path
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "mosaic-test-" })
  const file = yield* path.fromFileUrl(new URL("../../src/sandbox/sandbox.ts", import.meta.url))
  const typed = yield* Queue.make<string, Cause.Done>()
  const child = yield* spawn([file], { TMPDIR: folder }, Stream.encodeText(Stream.fromQueue(typed)))
  const sees = (pattern: RegExp) =>
    eventuallyInProcess(`it says ${pattern}`, child.stdout, (lines) => pattern.test(lines.join("\n")))
  return {
    child,
    sees,
    type: (...lines: ReadonlyArray<string>) =>
      Queue.offerAll(
        typed,
        lines.map((line) => `${line}\n`)
      ),
    endInput: Queue.end(typed),
    left: fs.readDirectory(folder)
  }
})

const assertGone = Effect.fnUntraced(function* ({ child, left }: Effect.Success<typeof start>) {
  assert.strictEqual(yield* child.ended, 0)
  assert.deepStrictEqual(yield* child.stderr, [])
  assert.deepStrictEqual(yield* left, [])
})

describe("Sandbox", () => {
  it.live(
    "works an issue that is opened at its prompt, shows the answer, and stops when told to",
    () =>
      Effect.gen(function* () {
        const sandbox = yield* start
        const { sees, type } = sandbox
        yield* type("fault claude 529", "open Add a dark mode", "assign 1")
        yield* sees(/completed: the answer was given[^]*comment posted/)
        yield* type("tasks", "show 1", "assign 2", "sing")
        yield* sees(
          /1\/1 {2}completed: the answer was given {2}"Add a dark mode"[^]*--- mosaic\n[^]*(## Analysis|\/pulls\/\d+)/
        )
        yield* sees(/There is no issue 2\.\nThere is no command "sing"/)
        yield* type("quit")
        yield* assertGone(sandbox)
      }).pipe(Effect.provide(NodeServices.layer)),
    LIMIT
  )

  it.live(
    "repairs what a lost hook would have told, and stops at the end of its input",
    () =>
      Effect.gen(function* () {
        const sandbox = yield* start
        const { sees, type, endInput } = sandbox
        yield* type("open Add a dark mode", "drop", "assign 1")
        yield* sees(/ready: assigned to the bot/)
        yield* endInput
        yield* assertGone(sandbox)
        assert.isFalse((yield* sandbox.child.stdout).some((line) => line.startsWith("delivery")))
      }).pipe(Effect.provide(NodeServices.layer)),
    LIMIT
  )

  it.live(
    "stops at Ctrl-C",
    () =>
      Effect.gen(function* () {
        const sandbox = yield* start
        yield* sandbox.sees(/Type "open"/)
        yield* sandbox.child.signal("SIGINT")
        yield* assertGone(sandbox)
      }).pipe(Effect.provide(NodeServices.layer)),
    LIMIT
  )
})
