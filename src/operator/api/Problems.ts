import { Schema } from "effect"
import { HttpApiError, HttpApiMiddleware } from "effect/http-api"

const type = "about:blank"
const fields = {
  /** The first offending field of the request. */
  field: Schema.optionalKey(Schema.String)
}

export class Unauthorized extends HttpApiError.Problem<Unauthorized>()(
  "Unauthorized",
  { type, status: 401, title: "Unauthorized" },
  fields
) {}

export class ForeignOrigin extends HttpApiError.Problem<ForeignOrigin>()(
  "ForeignOrigin",
  { type, status: 403, title: "Forbidden" },
  fields
) {}

export class NotFound extends HttpApiError.Problem<NotFound>()("NotFound", { type, status: 404, title: "Not Found" }) {}

export class BadQuery extends HttpApiError.Problem<BadQuery>()(
  "BadQuery",
  { type, status: 422, title: "Unprocessable Content" },
  fields
) {}

export class Unavailable extends HttpApiError.Problem<Unavailable>()("Unavailable", {
  type,
  status: 503,
  title: "Service Unavailable"
}) {}

/** What any request of the operator API can come to. */
export const anywhere = [Unauthorized, ForeignOrigin, Unavailable] as const

/** Says which parameter of a query has the wrong form. */
export class QueryCheck extends HttpApiMiddleware.Service<QueryCheck>()("mosaic-coordinator/operator/api/QueryCheck", {
  error: BadQuery
}) {}
