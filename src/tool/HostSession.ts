import { Duration, Effect, Exit, Ref, Schema, Scope, Semaphore } from "effect"
import type { ToolResult } from "../domain/AgentTool.ts"
import { Answer, Ready, Request } from "./HostLines.ts"
import { IsolationFailed } from "./IsolationFailed.ts"
import { LinkEnded } from "./Starter.ts"
import type { HostLink, Starter } from "./Starter.ts"
import type { CallLimits, Surroundings, Tools } from "./ToolHost.ts"
import { TOOLS } from "./ToolInputs.ts"

/** How long a host may take to be ready. */
const START = "20 seconds"
/** What a host has beyond the time of a call, to say that it was over. Then it is taken for hung. */
const GRACE = Duration.seconds(5)

interface Host extends HostLink {
  readonly scope: Scope.Closeable
}

const failed = (text: string): ToolResult => ({ text, isError: true })
const GONE =
  "Its shell and what that had started are gone, files are as they were left. The next call starts a new one."

const decodeReady = Schema.decodeEffect(Ready)
const decodeAnswer = Schema.decodeEffect(Answer)
const encodeRequest = Schema.encodeEffect(Request)

const inputsOf: Readonly<Record<string, Schema.Codec<unknown>>> = Object.fromEntries(
  Object.entries(TOOLS).map(([name, { input }]) => [name, input as Schema.Codec<unknown>])
)

/** Answers to other ids are from before, or made up. */
const answerTo = (host: Host, id: number): Effect.Effect<ToolResult, LinkEnded> =>
  host.receive.pipe(
    Effect.flatMap(decodeAnswer),
    Effect.catchTag("SchemaError", () => Effect.fail(new LinkEnded({ why: "said what no host says" }))),
    Effect.flatMap((answer) =>
      answer.id === id ? Effect.succeed({ text: answer.text, isError: !answer.ok }) : answerTo(host, id)
    )
  )

/** The host of a session: one at a time, started when it is asked for. */
const makeHosts = Effect.fnUntraced(function* (starter: Starter, surroundings: Surroundings) {
  const current = yield* Ref.make<Host | null>(null)

  const drop = Effect.flatMap(Ref.getAndSet(current, null), (host) =>
    host === null ? Effect.void : Scope.close(host.scope, Exit.void)
  )
  yield* Effect.addFinalizer(() => drop)

  const start = Effect.gen(function* () {
    const scope = yield* Scope.make()
    const link = yield* starter.open(surroundings).pipe(
      Scope.provide(scope),
      Effect.tap(({ receive }) => Effect.flatMap(receive, decodeReady)),
      Effect.timeoutOrElse({
        duration: START,
        orElse: () => Effect.fail(new LinkEnded({ why: "was not ready in time" }))
      }),
      Effect.catchTags({
        LinkEnded: (error) => Effect.fail(new IsolationFailed({ why: error.message })),
        SchemaError: () => Effect.fail(new IsolationFailed({ why: "The tool host said what no host says" }))
      }),
      Effect.onExit((exit) => (Exit.isSuccess(exit) ? Effect.void : Scope.close(scope, exit)))
    )
    const host: Host = { ...link, scope }
    yield* Ref.set(current, host)
    return host
  })

  const running = Ref.get(current).pipe(
    Effect.filterOrElse(
      (host): host is Host => host !== null,
      () => start
    )
  )

  return { drop, running }
})

/** The tools of one session: a host that is started, spoken to, and started again when it is gone. */
export const openSession = Effect.fnUntraced(function* (
  starter: Starter,
  surroundings: Surroundings
): Effect.fn.Return<Tools, IsolationFailed, Scope.Scope> {
  const { drop, running } = yield* makeHosts(starter, surroundings)
  const ids = yield* Ref.make(0)
  const oneAtATime = yield* Semaphore.make(1)

  const ask = Effect.fnUntraced(function* (tool: string, input: unknown, { time, bytes }: CallLimits) {
    const host = yield* running
    const id = yield* Ref.updateAndGet(ids, (last) => last + 1)
    const limits = { millis: Math.max(1, Math.floor(Duration.toMillis(time))), bytes }
    const request = yield* Effect.orDie(encodeRequest({ id, tool, input, limits }))
    return yield* host.send(request).pipe(
      Effect.andThen(answerTo(host, id)),
      Effect.timeoutOrElse({
        duration: Duration.sum(time, GRACE),
        orElse: () => Effect.fail(new LinkEnded({ why: "did not answer in time" }))
      }),
      Effect.catchTag("LinkEnded", (error) => Effect.as(drop, failed(`${error.message}. ${GONE}`))),
      Effect.onInterrupt(() => drop)
    )
  })

  const call = Effect.fn("ToolHost.call")(
    function* (name: string, given: unknown, limits: CallLimits): Effect.fn.Return<ToolResult, IsolationFailed> {
      const input = Object.hasOwn(inputsOf, name) ? inputsOf[name] : undefined
      if (input === undefined) return failed(`There is no tool \`${name}\`.`)
      return yield* Schema.decodeUnknownEffect(input)(given).pipe(
        Effect.flatMap((decoded) => ask(name, decoded, limits)),
        Effect.catchTag("SchemaError", (error) => Effect.succeed(failed(`Invalid input: ${error.message}`)))
      )
    },
    (effect) => oneAtATime.withPermits(1)(effect)
  )

  yield* running
  return { call }
})
