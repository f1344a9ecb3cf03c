import { Duration, Result } from "effect"
import { Headers } from "effect/http"
import {
  ContextOverflow,
  ModelAuth,
  ModelOverloaded,
  ModelRateLimited,
  ModelRejected,
  ModelSpendLimit,
  ModelUnavailable,
  ModelUnfit,
  ThinkingRejected
} from "./ModelError.ts"
import type { ModelError, Outage } from "./ModelError.ts"

/** The API said no. `status` is null where it did so in the middle of a stream; `retryAfter` in milliseconds. */
export interface Refusal {
  readonly status: number | null
  /** `error.type` */
  readonly type: string | null
  /** `error.details.error_code` */
  readonly code: string | null
  readonly message: string | null
  readonly retryAfter: number | null
}

/** What went wrong with one call, in plain data: there was no whole answer, or there was a refusal. */
export type ModelFailure =
  { readonly _tag: "NoAnswer"; readonly kind: Outage } | ({ readonly _tag: "Refused" } & Refusal)

const MONEY = [
  "billing_error",
  "contract_spend_limit_reached",
  "enforced_spend_limit_reached",
  "linked_organization_spend_limit_reached"
]

/** The API gives none of these a code, so that only the text tells them from other bad requests. */
const TOO_LONG = /prompt is too long/
const USAGE_LIMIT = /reached your specified .*usage limits/
const NO_CREDIT = /credit balance is too low/
const DISABLED = /organization has been disabled/
const THINKING = /signature.{0,20}thinking/
/** Input, output that was asked for, and window, in tokens. */
const NO_ROOM = /exceed context limit: (\d+) \+ (\d+) > (\d+)/

const MAX_DETAIL = 300

const KEY_REFUSED = "the API key is not accepted, set ANTHROPIC_API_KEY to a valid one"
const KEY_FORBIDDEN = "the API key may not do this, check its workspace and permissions in the Claude Console"
const UNKNOWN_MODEL =
  "the model is not known to the API, or not open to this key: check ANTHROPIC_MODEL and ANTHROPIC_BASE_URL"
const MODEL_REFUSED = "the API does not tell of the model: check ANTHROPIC_MODEL and ANTHROPIC_BASE_URL"

const STATUS_OF_TYPE: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529
}

/** An error in the middle of a stream has a type and no status; a proxy's has a status and no type. */
const statusOf = ({ type, status }: Refusal): number | null => STATUS_OF_TYPE[type ?? ""] ?? status

const moneyCode = ({ status, type, code, message }: Refusal): string | null => {
  const named = [code, type].find((name) => name !== null && MONEY.includes(name))
  if (named !== undefined) return named
  if (status === 402) return code ?? "billing_error"
  if (NO_CREDIT.test(message ?? "")) return "credit_balance_too_low"
  return USAGE_LIMIT.test(message ?? "") ? "usage_limit_reached" : null
}

/** A request that the API does not accept, by what it says of it. */
const badRequest = (operation: string, requestId: string | null, refusal: Refusal): ModelError => {
  const message = refusal.message ?? ""
  const room = NO_ROOM.exec(message)
  if (room !== null) {
    return new ContextOverflow({ operation, requestId, room: Math.max(0, Number(room[3]) - Number(room[1])) })
  }
  if (TOO_LONG.test(message)) return new ContextOverflow({ operation, requestId })
  if (DISABLED.test(message)) return new ModelAuth({ operation, requestId, detail: KEY_FORBIDDEN })
  if (THINKING.test(message)) return new ThinkingRejected({ operation, requestId })
  // That a model cannot be asked about is the fault of no conversation.
  return operation === "info"
    ? new ModelUnfit({ operation, requestId, detail: MODEL_REFUSED })
    : new ModelRejected({
        operation,
        requestId,
        status: refusal.status,
        code: refusal.code,
        detail: detailOf(refusal)
      })
}

/**
 * Milliseconds that an answer asks to wait, by its headers `retry-after-ms` and `retry-after`; null where it asks for nothing that
 * can be waited for.
 */
export const retryAfterOf = (millis: string | null, header: string | null, now: number): number | null => {
  const asked = Headers.parseRetryAfter(header ?? "")
  const standard = Result.isSuccess(asked) ? Duration.toMillis(Headers.retryAfterDelay(asked.success, now)) : 0
  const wait = millis === null ? standard : Math.round(Number(millis))
  return wait > 0 && Number.isSafeInteger(wait) ? wait : null
}

const detailOf = ({ message }: Refusal): string =>
  (message ?? "the API gave no reason").replace(/\s+/g, " ").slice(0, MAX_DETAIL)

const refused = (operation: string, requestId: string | null, refusal: Refusal): ModelError => {
  const { code, retryAfter } = refusal
  const money = moneyCode(refusal)
  if (money !== null) return new ModelSpendLimit({ operation, requestId, code: money })
  const status = code === "compaction_unavailable" ? 529 : statusOf(refusal)
  switch (status) {
    case 401:
      return new ModelAuth({ operation, requestId, detail: KEY_REFUSED })
    case 403:
      return new ModelAuth({ operation, requestId, detail: KEY_FORBIDDEN })
    case 404:
      return new ModelUnfit({ operation, requestId, detail: UNKNOWN_MODEL })
    case 408:
    case 504:
      return new ModelUnavailable({ operation, requestId, kind: "timeout" })
    case 409:
    case null:
      return new ModelUnavailable({ operation, requestId, kind: "server" })
    case 413:
      return new ContextOverflow({ operation, requestId })
    case 429:
      return new ModelRateLimited({ operation, requestId, retryAfter })
    case 529:
      return new ModelOverloaded({ operation, requestId, retryAfter })
    default:
      if (status >= 500) return new ModelUnavailable({ operation, requestId, kind: "server" })
      return badRequest(operation, requestId, refusal)
  }
}

/** The error of a failure. Code and type go before the status: a spend limit is a 429 and no rate limit. */
export const classify = (operation: string, requestId: string | null, failure: ModelFailure): ModelError =>
  failure._tag === "NoAnswer"
    ? new ModelUnavailable({ operation, requestId, kind: failure.kind })
    : refused(operation, requestId, failure)
