import { Effect, Schema } from "effect"
import { HttpServerResponse, ProblemDetails } from "effect/http"

/** Why a request is not taken, as its sender is told. */
export class Refusal extends Schema.TaggedError<Refusal>()("Refusal", {
  status: Schema.Int,
  title: Schema.String,
  detail: Schema.String,
  /** The first offending field: a header, or a path into the body. */
  field: Schema.optionalKey(Schema.String),
  headers: Schema.Record(Schema.String, Schema.String)
}) {}

export const notFound = new Refusal({ status: 404, title: "Not Found", detail: "Nothing is here", headers: {} })

export const methodNotAllowed = (allowed: ReadonlyArray<string>): Refusal => {
  const allow = allowed.join(", ")
  return new Refusal({ status: 405, title: "Method Not Allowed", detail: `Use ${allow}`, headers: { allow } })
}

export const tooLarge = new Refusal({
  status: 413,
  title: "Content Too Large",
  detail: "The body is over 1 MiB",
  headers: {}
})

export const unsupportedType = new Refusal({
  status: 415,
  title: "Unsupported Media Type",
  detail: "Set the hook's content type to application/json or application/x-www-form-urlencoded",
  field: "Content-Type",
  headers: { accept: "application/json, application/x-www-form-urlencoded" }
})

export const unauthorized = (detail: string): Refusal =>
  new Refusal({ status: 401, title: "Unauthorized", detail, field: "X-Gitea-Signature", headers: {} })

/** `retryAfter` in seconds. Takes the place of a 401, whose headers say whether the connection goes on. */
export const tooManyFailures = ({ headers }: Refusal, retryAfter: number): Refusal =>
  new Refusal({
    status: 429,
    title: "Too Many Requests",
    detail: "Too many requests without a valid signature came from this address",
    field: "X-Gitea-Signature",
    headers: { ...headers, "retry-after": String(retryAfter) }
  })

export const unprocessable = (field: string, detail: string): Refusal =>
  new Refusal({ status: 422, title: "Unprocessable Content", detail, field, headers: {} })

/** `retryAfter` in seconds. Gitea does not retry; a proxy or a person may. */
export const unavailable = (detail: string, retryAfter: number): Refusal =>
  new Refusal({
    status: 503,
    title: "Service Unavailable",
    detail,
    headers: { "retry-after": String(retryAfter) }
  })

/** For a body that is left unread: closing is the only way to go on from it. */
export const leavingBody = ({ headers, ...refusal }: Refusal): Refusal =>
  new Refusal({ ...refusal, headers: { ...headers, connection: "close" } })

/** RFC 9457 `application/problem+json`. */
export const refusalResponse = ({
  detail,
  field,
  headers,
  status,
  title
}: Refusal): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setHeaders(
    ProblemDetails.toResponse({
      type: ProblemDetails.blankType,
      status,
      title,
      detail,
      ...(field === undefined ? {} : { field })
    }),
    headers
  )

export const answerRefusal = (refusal: Refusal) => Effect.succeed(refusalResponse(refusal))
