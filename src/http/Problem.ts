import { Effect, Schema, SchemaIssue } from "effect"
import { HttpServerResponse, ProblemDetails } from "effect/http"

/** Why a request is not taken, as its sender is told. */
export class Problem extends Schema.TaggedError<Problem>()("Problem", {
  status: Schema.Int,
  title: Schema.String,
  detail: Schema.String,
  /** The first offending field: a header, or a path into the body. */
  field: Schema.optionalKey(Schema.String),
  headers: Schema.Record(Schema.String, Schema.String)
}) {}

export const notFound = new Problem({ status: 404, title: "Not Found", detail: "Not found", headers: {} })

export const methodNotAllowed = (allowed: ReadonlyArray<string>): Problem => {
  const allow = allowed.join(", ")
  return new Problem({ status: 405, title: "Method Not Allowed", detail: `Use ${allow}`, headers: { allow } })
}

export const unprocessable = (field: string, detail: string): Problem =>
  new Problem({ status: 422, title: "Unprocessable Content", detail, field, headers: {} })

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

/** The path of the first fault, and nothing else of it: a message could repeat what was sent. */
export const fieldOf = (issue: SchemaIssue.Issue): string =>
  (issuesOf(issue).issues[0]?.path ?? []).map((key) => String(typeof key === "object" ? key.key : key)).join(".")

/** `retryAfter` in seconds. Gitea does not retry; a proxy or a person may. */
export const unavailable = (detail: string, retryAfter: number): Problem =>
  new Problem({
    status: 503,
    title: "Service Unavailable",
    detail,
    headers: { "retry-after": String(retryAfter) }
  })

/** For a body that is left unread: closing is the only way to go on from it. */
export const leavingBody = ({ headers, ...problem }: Problem): Problem =>
  new Problem({ ...problem, headers: { ...headers, connection: "close" } })

/** RFC 9457 `application/problem+json`. */
export const problemResponse = ({
  detail,
  field,
  headers,
  status,
  title
}: Problem): HttpServerResponse.HttpServerResponse =>
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

export const answerProblem = (problem: Problem) => Effect.succeed(problemResponse(problem))
