import { Problem } from "../http/Problem.ts"

export const tooLarge = new Problem({
  status: 413,
  title: "Content Too Large",
  detail: "The body is over 8 MiB",
  headers: {}
})

export const unsupportedType = new Problem({
  status: 415,
  title: "Unsupported Media Type",
  detail: "Set the hook's content type to application/json or application/x-www-form-urlencoded",
  field: "Content-Type",
  headers: { accept: "application/json, application/x-www-form-urlencoded" }
})

export const unauthorized = (detail: string): Problem =>
  new Problem({ status: 401, title: "Unauthorized", detail, field: "X-Gitea-Signature", headers: {} })

/** `retryAfter` in seconds. Takes the place of a 401, whose headers say whether the connection goes on. */
export const tooManyFailures = ({ headers }: Problem, retryAfter: number): Problem =>
  new Problem({
    status: 429,
    title: "Too Many Requests",
    detail: "Too many requests without a valid signature came from this address",
    field: "X-Gitea-Signature",
    headers: { ...headers, "retry-after": String(retryAfter) }
  })
