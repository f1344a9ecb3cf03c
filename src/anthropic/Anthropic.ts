import type SDK from "@anthropic-ai/sdk"
import { Clock, Context, Duration, Effect, Layer, Metric, MutableRef, Queue, Redacted, Schema, Stream } from "effect"
import type { Cause } from "effect"
import type { Reply } from "../domain/Reply.ts"
import * as Metrics from "../telemetry/Metrics.ts"
import { Settings } from "../Settings.ts"
import { makeCallWatch } from "./CallWatch.ts"
import { ModelAuth, ModelUnfit } from "./ModelError.ts"
import type { ModelError } from "./ModelError.ts"
import { classify, retryAfterOf } from "./ModelFailure.ts"
import type { ModelFailure } from "./ModelFailure.ts"
import { advance, CountAnswer, ModelAnswer, nothing, ReplyAnswer } from "./ModelRequest.ts"
import type { ModelInfo, ModelRequest, StreamFigures, StreamUsage } from "./ModelRequest.ts"

const BASE_URL = "https://api.anthropic.com"
/** Shows, allows and understands on-demand compaction. */
const COMPACTION_BETA = "compact-2026-09-04"
/** Tokens below which a window is a fault of whoever says so. */
const LEAST_WINDOW = 1_000

/** For a whole call, however much is heard of it: a reply as long as a model gives one, and anything else. */
const LONGEST_REPLY = Duration.minutes(15)
const LONGEST_ANSWER = Duration.minutes(2)

type StreamParams = Parameters<SDK["beta"]["messages"]["stream"]>[0]
type StreamEvent = SDK.Beta.Messages.BetaRawMessageStreamEvent

/** A third of all code: loaded with the first call, so that it does not hold up the start. */
const loadSdk = Effect.tryPromise({
  try: () => import("@anthropic-ai/sdk"),
  // No file may be open for the moment. Node reads it again at the next call.
  catch: (): ModelFailure => ({ _tag: "NoAnswer", kind: "connection" })
})
type Loaded = Effect.Success<typeof loadSdk>

const decodeTools = Schema.decodeSync(Schema.fromJsonString(Schema.Array(Schema.Json)))

/** The Claude API, one attempt per call. The only place that imports its SDK. */
export class Anthropic extends Context.Service<
  Anthropic,
  {
    /** Why no call can succeed, where there is no key. */
    readonly keyless: ModelAuth | null
    /** `maxOutput` in tokens. */
    turn(
      request: ModelRequest,
      maxOutput: number,
      onUsage: (usage: StreamUsage) => Effect.Effect<void>
    ): Effect.Effect<Reply, ModelError>
    compact(request: ModelRequest, maxOutput: number): Effect.Effect<Reply, ModelError>
    count(request: ModelRequest): Effect.Effect<number, ModelError>
    info(model: string): Effect.Effect<ModelInfo, ModelError>
  }
>()("mosaic-coordinator/anthropic/Anthropic") {
  static readonly layer = Layer.effect(
    Anthropic,
    Effect.gen(function* () {
      const { anthropicKey, anthropicUrl, maxOutputTokens } = yield* Settings
      const call = makeCall(anthropicKey, anthropicUrl ?? BASE_URL)
      const stream = makeStream(call)

      const paramsOf = (request: ModelRequest, maxOutput: number): StreamParams => ({
        ...conversationOf(request),
        max_tokens: Math.min(maxOutputTokens, maxOutput),
        cache_control: { type: "ephemeral" }
      })

      const count = (request: ModelRequest) =>
        call("count", CountAnswer, notBegun, (client, signal) =>
          client.beta.messages.countTokens(conversationOf(request), { signal })
        ).pipe(Effect.map(({ input_tokens }) => input_tokens))

      const info = Effect.fnUntraced(function* (model: string) {
        const { max_input_tokens, max_tokens, capabilities } = yield* call(
          "info",
          ModelAnswer,
          notBegun,
          (client, signal) => client.beta.models.retrieve(model, { betas: [COMPACTION_BETA] }, { signal })
        )
        const window = max_input_tokens ?? 0
        if (window < LEAST_WINDOW) return yield* windowless(model, max_input_tokens ?? null)
        return {
          window,
          maxOutput: (max_tokens ?? 0) > 0 ? (max_tokens ?? maxOutputTokens) : maxOutputTokens,
          canCompact: capabilities?.compaction?.summarize?.supported ?? false
        }
      })

      return {
        keyless: anthropicKey === null ? noKey("call") : null,
        turn: (request, maxOutput, onUsage) => stream("turn", paramsOf(request, maxOutput), onUsage),
        compact: (request, maxOutput) =>
          stream("compact", { ...paramsOf(request, maxOutput), compaction: { type: "summarize" } }, () => Effect.void),
        count,
        info
      }
    })
  )
}

const notBegun = () => false

const noKey = (operation: string) =>
  new ModelAuth({
    operation,
    requestId: null,
    detail: "ANTHROPIC_API_KEY is not set, set it to a key from the Claude Console"
  })

const windowless = (model: string, window: number | null) => {
  const says =
    window === null ? `does not say how many tokens ${model} takes` : `says that ${model} takes ${window} tokens`
  const detail = `the API ${says}, set ANTHROPIC_MODEL to a model whose window it knows, or check any proxy before the API`
  return new ModelUnfit({ operation: "info", requestId: null, detail })
}

/** The part that every call shares. Its blocks are stored as received and newer than the SDK's types may be: hence the cast. */
const conversationOf = ({ model, system, tools, messages, canCompact }: ModelRequest) =>
  ({
    model,
    system,
    tools: decodeTools(tools),
    messages,
    ...(canCompact ? { betas: [COMPACTION_BETA] } : {})
  }) as unknown as Pick<StreamParams, "model" | "system" | "tools" | "messages" | "betas">

const pieceOf = (event: StreamEvent): string => {
  if (event.type !== "content_block_delta") return ""
  switch (event.delta.type) {
    case "text_delta":
      return event.delta.text
    case "thinking_delta":
      return event.delta.thinking
    case "input_json_delta":
      return event.delta.partial_json
    default:
      return ""
  }
}

const figuresOf = (event: StreamEvent, usage: SDK.Beta.Messages.BetaUsage): StreamFigures => ({
  input: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
  output: event.type === "message_delta" || event.type === "message_stop" ? usage.output_tokens : null
})

/** The SDK reads further `ANTHROPIC_` variables, headers among them, that nobody set for this service: it sees none. */
const withoutEnvironment = <A>(make: () => A): A => {
  const { env } = process
  process.env = {}
  try {
    return make()
  } finally {
    process.env = env
  }
}

/** One call with a client of its own, because its `fetch` watches the bytes of that call. */
const makeCall = (key: Redacted.Redacted | null, baseURL: string) =>
  Effect.fnUntraced(function* <A>(
    operation: string,
    answer: Schema.Codec<A, unknown>,
    begun: () => boolean,
    run: (client: SDK, signal: AbortSignal) => Promise<unknown>
  ) {
    if (key === null) return yield* noKey(operation)
    const clock = yield* Clock.Clock
    const isReply = operation === "turn" || operation === "compact"
    const watch = yield* makeCallWatch(isReply ? LONGEST_REPLY : LONGEST_ANSWER)
    const sdk = yield* Effect.mapError(loadSdk, (failure) => classify(operation, null, failure))
    const client = withoutEnvironment(
      () =>
        new sdk.Anthropic({
          apiKey: Redacted.value(key),
          authToken: null,
          webhookKey: null,
          baseURL,
          fetch: watch.fetch,
          maxRetries: 0,
          logLevel: "off",
          openTelemetry: false
        })
    )
    const failed = (failure: ModelFailure) => Effect.map(watch.requestId, (id) => classify(operation, id, failure))
    const ended = Effect.mapError(watch.end, (kind): ModelFailure => ({ _tag: "NoAnswer", kind }))
    return yield* Effect.tryPromise({
      try: (signal) => run(client, signal),
      catch: (error) => failureOf(sdk, error, begun(), clock.currentTimeMillisUnsafe())
    }).pipe(
      Effect.raceFirst(ended),
      Effect.flatMap((received) => Effect.mapError(Schema.decodeUnknownEffect(answer)(received), () => MALFORMED)),
      Effect.catch((failure) => Effect.flatMap(failed(failure), Effect.fail)),
      Effect.tapError(() => Metric.update(Metrics.error("claude", operation), 1))
    )
  })

const MALFORMED: ModelFailure = { _tag: "NoAnswer", kind: "malformed" }

/**
 * What the SDK threw, as plain data. Connection errors are API errors too, so they go first; whatever breaks an answer that
 * was let in comes without a class of its own. `begun`: whether a stream had started.
 */
const failureOf = (sdk: Loaded, error: unknown, begun: boolean, now: number): ModelFailure => {
  if (error instanceof sdk.APIConnectionTimeoutError) return { _tag: "NoAnswer", kind: "timeout" }
  if (error instanceof sdk.APIConnectionError) return { _tag: "NoAnswer", kind: "connection" }
  if (error instanceof sdk.APIError) {
    const header = (name: string) => error.headers?.get(name) ?? null
    return {
      _tag: "Refused",
      status: error.status ?? null,
      type: error.type,
      code: error.errorCode,
      message: error.apiMessage,
      retryAfter: retryAfterOf(header("retry-after-ms"), header("retry-after"), now)
    }
  }
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  if (cause instanceof SyntaxError) return MALFORMED
  return begun || cause instanceof TypeError ? { _tag: "NoAnswer", kind: "streamCut" } : MALFORMED
}

/** A reply, told of while it grows. */
const makeStream = (call: ReturnType<typeof makeCall>) =>
  Effect.fnUntraced(function* (
    operation: string,
    params: StreamParams,
    onUsage: (usage: StreamUsage) => Effect.Effect<void>
  ) {
    // Only the newest figure matters, and a slow listener must not hold up the reply.
    const figures = yield* Queue.sliding<StreamUsage, Cause.Done>(1)
    const progress = MutableRef.make(nothing)
    const begun = () => MutableRef.get(progress) !== nothing
    const reply = call(operation, ReplyAnswer, begun, (client, signal) =>
      client.beta.messages
        .stream(params, { signal })
        .on("streamEvent", (event, { usage }) => {
          MutableRef.update(progress, (before) => advance(before, pieceOf(event), figuresOf(event, usage)))
          Queue.offerUnsafe(figures, MutableRef.get(progress).usage)
        })
        .finalMessage()
    )
    const [whole] = yield* Effect.all(
      [Effect.ensuring(reply, Queue.end(figures)), Stream.runForEach(Stream.fromQueue(figures), onUsage)],
      { concurrency: 2 }
    )
    return whole
  })
