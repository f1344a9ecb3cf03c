import { Effect, Fiber, Ref, Stream } from "effect"
import { ChildProcess } from "effect/process"

const LINES_KEPT = 5_000

/** A Node process under test. It does not outlive the scope it was spawned in. */
export interface Child {
  readonly pid: number
  /** Lines of standard output and standard error so far, the newest 5,000 of each. */
  readonly stdout: Effect.Effect<ReadonlyArray<string>>
  readonly stderr: Effect.Effect<ReadonlyArray<string>>
  /** Sent at once; to one that is gone it does nothing. */
  signal(name: NodeJS.Signals): Effect.Effect<void>
  /** Its exit code, once all it wrote was read; null when a signal ended it. */
  readonly ended: Effect.Effect<number | null>
}

/** Starts a file with the Node that runs the tests, with these variables and no others. It has no input unless given. */
export const spawn = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string | undefined>>,
  stdin: ChildProcess.CommandInput = "ignore"
) {
  const child = yield* ChildProcess.make(process.execPath, args, {
    extendEnv: false,
    // The group of the tests, so that a Ctrl-C ends both.
    detached: false,
    killSignal: "SIGKILL",
    stdin,
    env
  })
  const follow = Effect.fnUntraced(function* (stream: typeof child.stdout) {
    const lines = yield* Ref.make<ReadonlyArray<string>>([])
    const reading = yield* stream.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.runForEach((line) => Ref.update(lines, (all) => [...all, line].slice(-LINES_KEPT))),
      Effect.ignore,
      Effect.forkScoped
    )
    return { lines: Ref.get(lines), read: Fiber.await(reading) }
  })
  const out = yield* follow(child.stdout)
  const err = yield* follow(child.stderr)
  const running: Child = {
    pid: child.pid,
    stdout: out.lines,
    stderr: err.lines,
    signal: (name) => Effect.ignore(Effect.try(() => process.kill(child.pid, name))),
    ended: child.exitCode.pipe(
      Effect.orElseSucceed(() => null),
      Effect.tap(out.read),
      Effect.tap(err.read)
    )
  }
  return running
})
