import { Clock, Duration, Effect, Fiber, Queue, Stream } from "effect"
import type { Cause, PlatformError, Scope } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { forwarded, HOST_ARGV, HOST_MOUNTS } from "./HostProgram.ts"
import { IsolationFailed } from "./IsolationFailed.ts"
import { keepFirst, keepLast } from "./Kept.ts"
import type { Kept } from "./Kept.ts"
import { makeLineSplitter } from "./LineSplitter.ts"
import { LINES_WAITING, LinkEnded, LONGEST_LINE, STDERR_KEPT } from "./Starter.ts"
import type { HostLink, Starter } from "./Starter.ts"
import type { Command, Mount, Ran, Surroundings } from "./ToolHost.ts"
import { overuse } from "./Watch.ts"

/** How long the output of a command that has ended is waited for: a daemon may hold the pipe for ever. */
const REST = "200 millis"

const OVERFLOW = { end: "overflow", exitCode: null } as const
const LATE = { end: "time limit", exitCode: null } as const

/** What is really started for a command. */
export interface Wrapped {
  readonly program: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** What its processes bear in their environment, where there is no namespace to tell them by. */
  readonly mark: string | null
  /** After the process has ended or was killed: kills what got away from it. */
  readonly after: Effect.Effect<void>
}

/** How a way of starting things as our own children differs from another. */
export interface Wrapping {
  wrap(surroundings: Surroundings, argv: ReadonlyArray<string>): Wrapped
  /** Why nothing was started, when this is what standard error says after exit code 1; null where the command itself said it. */
  notStarted(stderr: string): string | null
}

const collect = (stream: Stream.Stream<Uint8Array, PlatformError.PlatformError>, kept: Kept) =>
  stream.pipe(
    Stream.runForEach((bytes) => Effect.sync(() => kept.add(bytes))),
    Effect.ignore,
    Effect.forkScoped
  )

const proxyMounts = (path: string): ReadonlyArray<Mount> => [...HOST_MOUNTS, { path, access: "read" }]

const whyOf = (error: PlatformError.PlatformError) => new IsolationFailed({ why: error.message })

const makeSpawn = Effect.fnUntraced(function* (wrapping: Wrapping) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner

  /** SIGKILL for its process group at the end of the scope, and for what got away. */
  return Effect.fnUntraced(function* (
    surroundings: Surroundings,
    argv: ReadonlyArray<string>,
    stdin: ChildProcess.CommandInput
  ) {
    const { program, args, env, cwd, mark, after } = wrapping.wrap(surroundings, argv)
    yield* Effect.addFinalizer(() => after)
    const child = yield* spawner
      .spawn(ChildProcess.make(program, args, { env, extendEnv: false, cwd, stdin, killSignal: "SIGKILL" }))
      .pipe(Effect.mapError(whyOf))
    return { ...child, overuse: overuse({ pid: child.pid, mark, mounts: surroundings.mounts }) }
  })
})

type Spawn = Effect.Success<ReturnType<typeof makeSpawn>>

const openBy = (spawn: Spawn) =>
  Effect.fnUntraced(function* (surroundings: Surroundings) {
    const input = yield* Queue.bounded<Uint8Array, Cause.Done>(LINES_WAITING)
    const mounts = [...HOST_MOUNTS, ...surroundings.mounts]
    const child = yield* spawn({ ...surroundings, mounts }, HOST_ARGV, Stream.fromQueue(input))
    const errors = keepLast(STDERR_KEPT)
    const reading = yield* collect(child.stderr, errors)
    let over: string | null = null
    yield* child.overuse.pipe(
      Effect.tap((used) =>
        Effect.suspend(() => {
          over = `${used} and was ended`
          return Effect.ignore(child.kill({ killSignal: "SIGKILL" }))
        })
      ),
      Effect.forkScoped
    )
    const end = child.exitCode.pipe(
      Effect.map((code) => `ended with exit code ${code}`),
      Effect.orElseSucceed(() => "was killed"),
      Effect.tap(Fiber.await(reading)),
      Effect.map((end) =>
        [end, ...errors.text().trim().split("\n").slice(0, 1)].filter((part) => part !== "").join(": ")
      )
    )
    const why = Effect.map(end, (text) => over ?? text)
    return yield* linkOf(child.stdout, why, (line) => Queue.offer(input, line))
  })

const runBy = (spawn: Spawn, wrapping: Wrapping) =>
  Effect.fnUntraced(function* (command: Command): Effect.fn.Return<Ran, IsolationFailed> {
    const began = yield* Clock.currentTimeMillis
    const { output, stdin, proxy } = command
    const argv = proxy === undefined ? command.argv : forwarded(proxy, command.argv)
    const around = proxy === undefined ? command : { ...command, mounts: [...command.mounts, ...proxyMounts(proxy)] }
    const out = output.over === "end" ? keepFirst(output.bytes) : keepLast(output.bytes)
    const errors = keepLast(STDERR_KEPT)
    const ended = yield* Effect.scoped(
      Effect.gen(function* () {
        const child = yield* spawn(around, argv, stdin === undefined ? "ignore" : Stream.succeed(stdin))
        const reading = yield* collect(child.stderr, errors)
        const written = yield* child.stdout.pipe(
          Stream.runForEachWhile((bytes) =>
            Effect.sync(() => {
              out.add(bytes)
              return output.over === "keep last" || !out.overflowed
            })
          ),
          Effect.ignore,
          Effect.forkScoped
        )
        const exit = child.exitCode.pipe(
          Effect.orElseSucceed(() => null),
          Effect.tap(Fiber.await(written).pipe(Effect.andThen(Fiber.await(reading)), Effect.timeoutOption(REST))),
          Effect.map((exitCode) => ({ end: "exit" as const, exitCode }))
        )
        const overflow = Fiber.await(written).pipe(
          Effect.andThen(
            Effect.suspend(() => (output.over === "end" && out.overflowed ? Effect.succeed(OVERFLOW) : Effect.never))
          )
        )
        const overused = Effect.map(child.overuse, (used) => {
          errors.add(new TextEncoder().encode(`\nIt ${used}.`))
          return { end: "overuse" as const, exitCode: null }
        })
        return yield* Effect.raceFirst(Effect.raceFirst(exit, overflow), overused)
      }).pipe(Effect.timeoutOrElse({ duration: command.limit, orElse: () => Effect.succeed(LATE) }))
    )
    const stderr = errors.text()
    const why = ended.exitCode === 1 ? wrapping.notStarted(stderr) : null
    if (why !== null) return yield* new IsolationFailed({ why })
    const took = Duration.millis((yield* Clock.currentTimeMillis) - began)
    return { ...ended, stdout: out.bytes(), stderr, took }
  })

/** Programs started as children of this process, by the wrapping. */
export const makeChildStarter = Effect.fnUntraced(function* (wrapping: Wrapping) {
  const spawn = yield* makeSpawn(wrapping)
  const starter: Starter = { open: openBy(spawn), run: runBy(spawn, wrapping) }
  return starter
})

/** A host that is spoken to through bytes, as lines. */
export const linkOf = Effect.fnUntraced(function* <E>(
  output: Stream.Stream<Uint8Array, E>,
  why: Effect.Effect<string>,
  write: (line: Uint8Array) => Effect.Effect<unknown>
): Effect.fn.Return<HostLink, never, Scope.Scope> {
  const lines = yield* Queue.bounded<string, LinkEnded>(LINES_WAITING)
  const splitter = makeLineSplitter(LONGEST_LINE)
  const end = (text: string) => Queue.fail(lines, new LinkEnded({ why: text }))
  yield* output.pipe(
    Stream.mapError(() => null),
    Stream.runForEach((bytes) => {
      const whole = splitter.add(bytes)
      return whole === null ? Effect.fail("said a line that is too long") : Queue.offerAll(lines, whole)
    }),
    Effect.matchEffect({
      onSuccess: () => Effect.flatMap(why, end),
      onFailure: (text) => (text === null ? Effect.flatMap(why, end) : end(text))
    }),
    Effect.forkScoped
  )
  const encoder = new TextEncoder()
  return { send: (line) => Effect.asVoid(write(encoder.encode(`${line}\n`))), receive: Queue.take(lines) }
})
