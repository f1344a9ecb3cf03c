import { Cache, Context, Duration, Effect, Exit, Layer, Result, Schedule, Schema } from "effect"
import type { Reply } from "../domain/Reply.ts"
import * as Metrics from "../telemetry/Metrics.ts"
import { Anthropic } from "./Anthropic.ts"
import { isUnpaid, ModelError as AnyModelError } from "./ModelError.ts"
import type { ModelError } from "./ModelError.ts"
import { makeHealthRecord } from "./ModelHealth.ts"
import type { ModelHealth } from "./ModelHealth.ts"
import type { ModelInfo, ModelRequest, StreamUsage } from "./ModelRequest.ts"

/** Retries of a compaction, after which its session is better off rotating. */
const COMPACTION_RETRIES = 3
const CACHED_MODELS = 100
const FIRST_WAIT = "500 millis"
/** With up to a fifth of jitter on top: one minute. */
const LONGEST_WAIT = Duration.seconds(50)
/** A longer `retry-after` is asked again after this, because limits are also raised by hand. */
const LONGEST_RETRY_AFTER = Duration.minutes(5)

/** Tokens that are worth asking for; with less room a conversation is too long. */
const LEAST_OUTPUT = 1_024

/** A call, and once more where input and output together were too much: with the output that there is room for. */
const fitting = <A>(maxOutput: number, call: (maxOutput: number) => Effect.Effect<A, ModelError>) =>
  Effect.catchTag(call(maxOutput), "ContextOverflow", (error) =>
    (error.room ?? 0) >= LEAST_OUTPUT ? call(error.room ?? 0) : Effect.fail(error)
  )

/** A repetition that may have to be paid for waits so many times longer. */
const PAID_WAIT = 30

/** In whole milliseconds, as all times are. */
const waitAfter = (error: ModelError, wait: Duration.Duration): Duration.Duration =>
  Duration.min(
    Duration.millis(Math.round(Duration.toMillis(wait) * (isUnpaid(error) ? 1 : PAID_WAIT))),
    LONGEST_RETRY_AFTER
  )

const retryAfter = (error: ModelError): number | null =>
  error._tag === "ModelRateLimited" || error._tag === "ModelOverloaded" ? error.retryAfter : null

/** How calls to Claude are repeated: without end where that can help, so that an outage of hours costs a task nothing but time. */
export const ModelRetry = Context.Reference<Schedule.Schedule<unknown, ModelError>>(
  "mosaic-coordinator/anthropic/ModelClient/ModelRetry",
  {
    defaultValue: () =>
      Schedule.exponential(FIRST_WAIT).pipe(
        Schedule.modifyDelay(({ duration }) => Effect.succeed(Duration.min(duration, LONGEST_WAIT))),
        Schedule.jittered,
        Schedule.setInputType<ModelError>(),
        Schedule.while(({ input }) => input.retryable),
        Schedule.modifyDelay(({ input, duration }) => {
          const asked = retryAfter(input)
          const wait = waitAfter(input, duration)
          return Effect.succeed(asked === null ? wait : Duration.min(Duration.millis(asked), LONGEST_RETRY_AFTER))
        })
      )
  }
)

/** What a caller has to say to the tries of a paid call. A failure of its own ends the call. */
export interface Tries<E> {
  /** Before each try. */
  readonly begin: Effect.Effect<void, E>
  /** A try has failed. */
  failed(error: ModelError): Effect.Effect<void, E>
  /** At the start of a reply, as it grows, at its end, and null when it failed: what it had written is gone. */
  onUsage(usage: StreamUsage | null): Effect.Effect<void>
}

const isModelError = Schema.is(AnyModelError)

/** Claude, as sessions use it. Interrupting a call aborts it on the wire. */
export class ModelClient extends Context.Service<
  ModelClient,
  {
    /** One streamed turn. Repeated as `ModelRetry` says, for as long as `tries` lets it. */
    turn<E>(request: ModelRequest, tries: Tries<E>): Effect.Effect<Reply, ModelError | E>
    /** Has the API summarise the messages. Only a reply that stopped for `compaction` carries a summary. Repeated at most three times. */
    compact<E>(request: ModelRequest, tries: Tries<E>): Effect.Effect<Reply, ModelError | E>
    /** Input tokens of the request, as the API counts them. Never repeated, and says nothing of health: only paid calls do. */
    count(request: ModelRequest): Effect.Effect<number, ModelError>
    /** What the API says of a model, asked once per process. Repeated as `ModelRetry` says. */
    info(model: string): Effect.Effect<ModelInfo, ModelError>
    /** Asks for nothing but whether the key and the model are accepted; free, and made once. */
    probe(model: string): Effect.Effect<void, ModelError>
    readonly health: Effect.Effect<ModelHealth>
  }
>()("mosaic-coordinator/anthropic/ModelClient") {
  static readonly layerNoDeps = Layer.effect(
    ModelClient,
    Effect.gen(function* () {
      const anthropic = yield* Anthropic
      const schedule = yield* ModelRetry
      const counting = Metrics.countingRetries("claude")
      const health = yield* makeHealthRecord(anthropic.keyless ?? "ok")

      const models = yield* Cache.makeWith(
        (model: string) => anthropic.info(model).pipe(health.note("free"), Effect.retry(counting(schedule))),
        { capacity: CACHED_MODELS, timeToLive: (exit) => (Exit.isSuccess(exit) ? Duration.infinity : Duration.zero) }
      )
      const info = Effect.fn("ModelClient.info")((model: string) => Cache.get(models, model))

      /** What the caller fails with ends the repetition, so that to it this counts as a result. */
      const paid = <E>(
        call: Effect.Effect<Reply, ModelError>,
        tries: Tries<E>,
        repeats: Schedule.Schedule<unknown, ModelError>
      ): Effect.Effect<Reply, ModelError | E> => {
        const tried = call.pipe(
          health.note("paid"),
          Effect.onError(() => tries.onUsage(null)),
          Effect.tapError(tries.failed)
        )
        return Effect.andThen(tries.begin, tried).pipe(
          Effect.map((reply): Result.Result<Reply, E> => Result.succeed(reply)),
          Effect.catchIf(
            (error: ModelError | E): error is E => !isModelError(error),
            (error) => Effect.succeed(Result.fail(error))
          ),
          Effect.retry(counting(repeats)),
          Effect.flatMap(Effect.fromResult)
        )
      }

      const turn = Effect.fn("ModelClient.turn")(function* <E>(request: ModelRequest, tries: Tries<E>) {
        const { maxOutput } = yield* info(request.model)
        const call = fitting(maxOutput, (output) => anthropic.turn(request, output, tries.onUsage))
        return yield* paid(call, tries, schedule)
      })

      const compact = Effect.fn("ModelClient.compact")(function* <E>(request: ModelRequest, tries: Tries<E>) {
        const { maxOutput } = yield* info(request.model)
        const call = fitting(maxOutput, (output) => anthropic.compact(request, output))
        return yield* paid(call, tries, Schedule.upTo(schedule, { times: COMPACTION_RETRIES }))
      })

      const count = Effect.fn("ModelClient.count")((request: ModelRequest) => anthropic.count(request))

      const probe = Effect.fn("ModelClient.probe")((model: string) =>
        Effect.asVoid(health.note("free")(anthropic.info(model)))
      )

      return { turn, compact, count, info, probe, health: health.current }
    })
  )

  static readonly layer = this.layerNoDeps.pipe(Layer.provide(Anthropic.layer))
}
