import { NodeSocket } from "@effect/platform-node"
import { Clock, Duration, Effect, Schedule, Schema, Stream } from "effect"
import { Socket } from "effect/socket"
import { linkOf } from "./ChildStarter.ts"
import { Opening, RunLine } from "./HostLines.ts"
import type { RunEnd } from "./HostLines.ts"
import { IsolationFailed } from "./IsolationFailed.ts"
import { keepFirst, keepLast } from "./Kept.ts"
import type { HostLink, LinkEnded, Starter } from "./Starter.ts"
import type { Command, Ran, Surroundings } from "./ToolHost.ts"

/** The container may be on its way up, or start again because the agent killed it. */
const ONCE_MORE = Schedule.spaced("500 millis").pipe(Schedule.upTo({ times: 10 }))
/** What the container has beyond the time limit of a command. */
const GRACE = Duration.seconds(5)

const encodeOpening = Schema.encodeEffect(Opening)
const decodeRunLine = Schema.decodeEffect(RunLine)

const failed = (why: string) => new IsolationFailed({ why })

/** Everything through the socket of a tools container, which is the isolation. What comes from there is hostile. */
export const makeSocketStarter = (path: string | null): Starter => {
  /** A connection that has said what it wants, as lines. */
  const connect = Effect.fnUntraced(function* (opening: typeof Opening.Type) {
    if (path === null)
      return yield* failed("AGENT_TOOLS_SOCKET is not set: set it to the socket of the tools container")
    const socket = yield* NodeSocket.makeNet({ path })
    const pull = yield* Socket.readerBytes(socket).pipe(
      Effect.retry(ONCE_MORE),
      Effect.mapError(() => failed(`nothing answers at ${path}: start the tools container, or set AGENT_TOOLS_SOCKET`))
    )
    const { write } = yield* socket.writer
    const output = Stream.fromPull(Effect.succeed(pull))
    const link = yield* linkOf(output, Effect.succeed("hung up"), (line) => Effect.ignore(write(line)))
    yield* Effect.flatMap(Effect.orDie(encodeOpening(opening)), link.send)
    return link
  })

  const open = (surroundings: Surroundings) =>
    connect({ kind: "host", cwd: surroundings.cwd, env: surroundings.env ?? {} })

  const run = Effect.fnUntraced(function* (command: Command): Effect.fn.Return<Ran, IsolationFailed> {
    const began = yield* Clock.currentTimeMillis
    const { argv, cwd, env = {}, limit, output, proxy = null, stdin = new Uint8Array() } = command
    const out = output.over === "end" ? keepFirst(output.bytes) : keepLast(output.bytes)
    const opening = { kind: "run" as const, cwd, env, argv, proxy, stdin, millis: Duration.toMillis(limit), ...output }
    const follow = (link: HostLink): Effect.Effect<typeof RunEnd.Type, LinkEnded | Schema.SchemaError> =>
      Effect.flatMap(Effect.flatMap(link.receive, decodeRunLine), (line) => {
        if ("end" in line) return Effect.succeed(line)
        out.add(line.out)
        return follow(link)
      })
    const { end, exitCode, stderr } = yield* connect(opening).pipe(
      Effect.flatMap(follow),
      Effect.timeoutOrElse({
        duration: Duration.sum(limit, GRACE),
        orElse: () => Effect.succeed({ end: "time limit" as const, exitCode: null, stderr: "" })
      }),
      Effect.scoped,
      Effect.catchTags({
        LinkEnded: ({ message }) => Effect.fail(failed(message)),
        SchemaError: () => Effect.fail(failed("the tools container said what it does not say"))
      })
    )
    const took = Duration.millis((yield* Clock.currentTimeMillis) - began)
    return { end, exitCode, stdout: out.bytes(), stderr, took }
  })

  return { open, run }
}
