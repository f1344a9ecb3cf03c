import { Effect, Option, Ref } from "effect"
import { HttpServerResponse } from "effect/http"
import type { HttpServerRequest } from "effect/http"
import { ConnectionCut, cut } from "./Answer.ts"
import { ApiError, errorBody, invalid } from "./ApiError.ts"
import { statusError } from "./Fault.ts"
import type { ClaudeFault } from "./Fault.ts"
import type { RecordedRequest, RequestLog } from "./RequestLog.ts"
import type { Hold, Script } from "./Script.ts"
import { pause } from "./Script.ts"
import type { Signature } from "./Signature.ts"

/** What all calls share. */
export interface Shared {
  readonly apiKey: string
  readonly script: Script
  readonly log: RequestLog
  readonly signature: Signature
  /** Cache keys of the prompts seen so far. */
  readonly seen: Ref.Ref<ReadonlyArray<string>>
  /** An id like `msg_<32 hex digits>`. */
  newId(prefix: string): Effect.Effect<string>
}

/** One request under way, once it was let in. */
export interface Call {
  readonly request: HttpServerRequest.HttpServerRequest
  readonly betas: ReadonlyArray<string>
  readonly fault: Option.Option<ClaudeFault>
  readonly hold: Option.Option<Hold>
  readonly onAbort: Effect.Effect<void>
}

const BROKEN_JSON = '{"type":"message","role":"assistant","content":[{"type":"te'
const PAGE = "<html><body><h1>This page is not the Claude API</h1></body></html>"

const betasOf = ({ headers }: HttpServerRequest.HttpServerRequest): ReadonlyArray<string> =>
  (headers["anthropic-beta"] ?? "")
    .split(",")
    .map((beta) => beta.trim())
    .filter((beta) => beta !== "")

/** SDK 1.x sends its key as a bearer token, older ones and plain clients as `x-api-key`. */
const refusal = ({ headers }: HttpServerRequest.HttpServerRequest, apiKey: string): Option.Option<ApiError> => {
  if (headers["authorization"] !== `Bearer ${apiKey}` && headers["x-api-key"] !== apiKey) {
    return Option.some(new ApiError({ status: 401, message: "invalid x-api-key" }))
  }
  return headers["anthropic-version"] === undefined
    ? Option.some(invalid("anthropic-version: header is required"))
    : Option.none()
}

/** The answer of a fault that takes the place of every other answer. */
const disturbance = (
  fault: ClaudeFault
): Option.Option<Effect.Effect<HttpServerResponse.HttpServerResponse, ApiError | ConnectionCut>> => {
  switch (fault.kind) {
    case "status":
      return Option.some(Effect.fail(statusError(fault)))
    case "reset":
      return Option.some(Effect.fail(new ConnectionCut()))
    case "malformed":
      return Option.some(Effect.succeed(HttpServerResponse.text(BROKEN_JSON, { contentType: "application/json" })))
    case "html":
      return Option.some(
        Effect.succeed(HttpServerResponse.text(PAGE, { status: fault.status, contentType: "text/html" }))
      )
    default:
      return Option.none()
  }
}

const render = (error: ApiError, id: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(errorBody(error, id), { status: error.status, headers: error.headers ?? {} })

/** Records a request, lets it in, and answers it unless a fault does. */
export const handle = Effect.fnUntraced(function* (
  { apiKey, script, log, newId }: Shared,
  request: HttpServerRequest.HttpServerRequest,
  asked: Pick<RecordedRequest, "operation" | "model" | "body">,
  answer: (call: Call) => Effect.Effect<HttpServerResponse.HttpServerResponse, ApiError | ConnectionCut>
) {
  const id = yield* newId("req")
  const betas = betasOf(request)
  const place = yield* log.open({ ...asked, betas })
  const onAbort = log.aborted(place)
  const answered = Effect.gen(function* () {
    const refused = refusal(request, apiKey)
    if (Option.isSome(refused)) return yield* refused.value
    const { fault, hold } = yield* script.next(asked.operation)
    const disturbed = Option.flatMap(fault, disturbance)
    if (Option.isNone(disturbed)) return yield* answer({ request, betas, fault, hold, onAbort })
    return yield* Effect.andThen(pause(hold), disturbed.value)
  })
  return yield* answered.pipe(
    Effect.onInterrupt(() => onAbort),
    Effect.catchTag("ApiError", (error) => Effect.succeed(render(error, id))),
    Effect.tap(({ status }) => log.answered(place, status)),
    Effect.catchTag("ConnectionCut", () => cut(request)),
    Effect.map(HttpServerResponse.setHeader("request-id", id))
  )
})
