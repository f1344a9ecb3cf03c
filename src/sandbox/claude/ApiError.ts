import { Schema } from "effect"

const TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error"
}

/** An answer that is an error; `type` follows from `status` unless given, `code` is `error.details.error_code`. */
export class ApiError extends Schema.TaggedError<ApiError>()("ApiError", {
  status: Schema.Int,
  type: Schema.optionalKey(Schema.String),
  code: Schema.optionalKey(Schema.String),
  message: Schema.String,
  headers: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
}) {}

/** 400; `code` only where the API documents one. */
export const invalid = (message: string, code?: string): ApiError =>
  new ApiError({ status: 400, message, ...(code === undefined ? {} : { code }) })

/** 404 `not_found_error`. */
export const notFound = (message: string): ApiError => new ApiError({ status: 404, message })

/** The documented error body. */
export const errorBody = ({ status, type, code, message }: ApiError, requestId: string) => ({
  type: "error",
  error: {
    type: type ?? TYPES[status] ?? "api_error",
    message,
    ...(code === undefined ? {} : { details: { error_code: code } })
  },
  request_id: requestId
})
