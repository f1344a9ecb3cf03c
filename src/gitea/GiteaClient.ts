import { Clock, Context, Duration, Effect, identity, Layer, Metric, Schedule, Stream } from "effect"
import type { Redacted, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import type { HttpClientResponse } from "effect/http"
import * as Metrics from "../telemetry/Metrics.ts"
import { connectionFault } from "./ConnectionFault.ts"
import type { Answer } from "./Answer.ts"
import { fromStatus, isMoved, noAnswer, outOfScope, retryAfterOf, tooLong, unusable } from "./GiteaError.ts"
import type { GiteaError } from "./GiteaError.ts"
import { NeededScopes, scopeRefusalIn } from "./TokenScopes.ts"

const TIME_LIMIT = "10 seconds"
/** Bytes: the comments route is not paged, so an answer may be long, but it has an end. */
const MAX_ANSWER = 16 * 1024 * 1024
const RETRIES = 4
const FORBIDDEN = 403
const LONGEST_WAIT = Duration.seconds(30)

/** How calls that may be repeated are repeated: five tries in all, within half a minute each. */
export const GiteaRetry = Context.Reference<Schedule.Schedule<unknown, GiteaError>>(
  "mosaic-coordinator/gitea/GiteaClient/GiteaRetry",
  {
    defaultValue: () =>
      Schedule.exponential("500 millis").pipe(
        Schedule.jittered,
        Schedule.setInputType<GiteaError>(),
        Schedule.while(({ input }) => input.retryable),
        Schedule.modifyDelay(({ input, duration }) =>
          Effect.succeed(
            Duration.min(LONGEST_WAIT, input.retryAfter === null ? duration : Duration.millis(input.retryAfter))
          )
        ),
        Schedule.upTo({ times: RETRIES })
      )
  }
)

/** How many elements a list has, where Gitea tells. */
const shownIn = ({ headers }: HttpClientResponse.HttpClientResponse): number | null => {
  const shown = Number(headers["x-total-count"] ?? "")
  return Number.isSafeInteger(shown) && shown > 0 ? shown : null
}

const readText = (operation: string, response: HttpClientResponse.HttpClientResponse) =>
  response.stream.pipe(
    Stream.mapError(() => noAnswer(operation, "the answer was cut")),
    Stream.scan(
      (): { size: number; chunk: Uint8Array } => ({ size: 0, chunk: new Uint8Array() }),
      ({ size }, chunk) => ({ size: size + chunk.length, chunk })
    ),
    Stream.mapEffect(({ size, chunk }) =>
      size > MAX_ANSWER ? Effect.fail(tooLong(operation, shownIn(response))) : Effect.succeed(chunk)
    ),
    Stream.decodeText,
    Stream.mkString
  )

/**
 * Gitea sends the path of what was renamed on to another path of the same API. To the same path is a change of scheme or host, to
 * another prefix Gitea has moved, and to a page is a sign-in: none of them says anything about what was asked for. `api` is where
 * all paths of the API begin.
 */
const leadsOn = (api: string, asked: string, location: string | undefined): boolean => {
  if (location === undefined || !URL.canParse(location, asked)) return false
  const { pathname } = new URL(location, asked)
  return pathname.startsWith(`${new URL(api).pathname}/`) && pathname !== new URL(asked).pathname
}

export interface Call {
  /** What is being done, for errors: "read issue". */
  readonly operation: string
  readonly method: "GET" | "POST" | "PATCH"
  /** Below /api/v1, every variable part escaped. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number>>
  readonly body?: Schema.Json
}

export type Send = <A>(call: Call, answer: Answer<A>) => Effect.Effect<A, GiteaError>

/** What was read of an answer, with what was left out of it counted. */
const take = Effect.fnUntraced(function* <A>(operation: string, answer: Answer<A>, text: string) {
  const reading = answer(text)
  switch (reading._tag) {
    case "Read":
      if (reading.leftOut > 0) yield* Metric.update(Metrics.leftOut(operation), reading.leftOut)
      return reading.value
    case "Unreadable":
      return yield* unusable(operation, `Gitea answered, but \`${reading.field}\` cannot be read in it`)
    case "Foreign":
      return yield* noAnswer(
        operation,
        "the answer is not what Gitea's API sends: check GITEA_URL and any proxy before it, and add the path if Gitea has one"
      )
  }
})

/**
 * One call to Gitea's API and what was read of its answer, within ten seconds. Only ever to `baseUrl`: redirects are not followed,
 * because a redirected POST would become a GET, and another origin must not see the token.
 */
export const makeSend = Effect.fnUntraced(function* (baseUrl: string, token: Redacted.Redacted) {
  const client = yield* HttpClient.HttpClient
  const needed = yield* NeededScopes
  const api = `${baseUrl}/api/v1`

  const refused = (
    operation: string,
    asked: string,
    { headers, status }: HttpClientResponse.HttpClientResponse,
    now: number
  ) => {
    const error = fromStatus(operation, status, retryAfterOf(headers["retry-after"], now))
    if (status >= 400 || (isMoved(error) && leadsOn(api, asked, headers["location"]))) return error
    return noAnswer(
      operation,
      `a redirect (${status}): look at scheme, host and path of GITEA_URL, and at any proxy before it`
    )
  }

  const exchange = Effect.fnUntraced(function* <A>(call: Call, answer: Answer<A>) {
    const request = HttpClientRequest.make(call.method)(`${api}${call.path}`).pipe(
      HttpClientRequest.setUrlParams(call.query ?? {}),
      HttpClientRequest.bearerToken(token),
      HttpClientRequest.acceptJson,
      call.body === undefined ? identity : HttpClientRequest.bodyJsonUnsafe(call.body)
    )
    const response = yield* Effect.mapError(client.execute(request), ({ reason }) =>
      noAnswer(call.operation, connectionFault(reason))
    )
    if (response.status === FORBIDDEN) {
      const scope = scopeRefusalIn(yield* Effect.orElseSucceed(readText(call.operation, response), () => ""))
      if (scope !== null) return yield* outOfScope(call.operation, scope, needed)
    }
    if (response.status < 200 || response.status > 299) {
      return yield* refused(call.operation, request.url, response, yield* Clock.currentTimeMillis)
    }
    return yield* take(call.operation, answer, yield* readText(call.operation, response))
  })
  const send: Send = (call, answer) =>
    Effect.timeoutOrElse(exchange(call, answer), {
      duration: TIME_LIMIT,
      orElse: () => Effect.fail(noAnswer(call.operation, `no answer within ${TIME_LIMIT}`))
    }).pipe(Effect.tapError(() => Metric.update(Metrics.error("gitea", call.operation), 1)))
  return send
})

/** The HTTP client underneath: hands redirects to the caller instead of following them. */
export const httpClient = FetchHttpClient.layer.pipe(
  Layer.provide(Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" }))
)
