import { Schema } from "effect"

const Call = {
  /** What was being done: "turn", "compact", "count" or "info". */
  operation: Schema.String,
  /** Anthropic's id of the request, where there was an answer. */
  requestId: Schema.NullOr(Schema.String)
}

/** `retryAfter`: milliseconds that the API asked to wait, or null. */
export class ModelRateLimited extends Schema.TaggedError<ModelRateLimited>()("ModelRateLimited", {
  ...Call,
  retryAfter: Schema.NullOr(Schema.Int)
}) {
  override get message() {
    return `Claude: ${this.operation} was rate limited; retrying. Lower COORDINATOR_MAX_CONCURRENT_AGENTS if this continues`
  }
  get retryable(): boolean {
    return true
  }
}

/** `retryAfter`: milliseconds that the API asked to wait, or null. */
export class ModelOverloaded extends Schema.TaggedError<ModelOverloaded>()("ModelOverloaded", {
  ...Call,
  retryAfter: Schema.NullOr(Schema.Int)
}) {
  override get message() {
    return `Claude: ${this.operation} failed because the API is overloaded; retrying`
  }
  get retryable(): boolean {
    return true
  }
}

const Outage = Schema.Literals(["connection", "timeout", "server", "streamCut", "malformed", "stalled", "endless"])
export type Outage = typeof Outage.Type

const OUTAGES: Readonly<Record<Outage, string>> = {
  connection: "could not reach the API: check the network and ANTHROPIC_BASE_URL",
  timeout: "got no answer in time: check the network and ANTHROPIC_BASE_URL",
  server: "failed inside the API: see https://status.claude.com if this continues",
  streamCut: "was cut before its answer was complete: check the network and any proxy before the API",
  malformed: "got an answer that the Claude API does not send: check ANTHROPIC_BASE_URL and any proxy before the API",
  endless: "took longer than any answer should: check the network and any proxy before the API",
  stalled: "stalled in the middle of its answer: check the network and any proxy before the API"
}

/** No whole answer could be had. */
export class ModelUnavailable extends Schema.TaggedError<ModelUnavailable>()("ModelUnavailable", {
  ...Call,
  kind: Outage
}) {
  override get message() {
    return `Claude: ${this.operation} ${OUTAGES[this.kind]}`
  }
  get retryable(): boolean {
    return true
  }
}

/** `code` is the API's, or its error type where it gives none. */
export class ModelSpendLimit extends Schema.TaggedError<ModelSpendLimit>()("ModelSpendLimit", {
  ...Call,
  code: Schema.String
}) {
  override get message() {
    return `Claude: ${this.operation} was refused (${this.code}): the organization's money or spend limit is used up, raise it in the Claude Console`
  }
  get retryable(): boolean {
    return false
  }
}

/** `detail` says what is wrong with the key and what to do. */
export class ModelAuth extends Schema.TaggedError<ModelAuth>()("ModelAuth", { ...Call, detail: Schema.String }) {
  override get message() {
    return `Claude: ${this.operation} is not possible: ${this.detail}`
  }
  get retryable(): boolean {
    return false
  }
}

/** The model of the settings cannot be worked with; `detail` says why and what to do. */
export class ModelUnfit extends Schema.TaggedError<ModelUnfit>()("ModelUnfit", { ...Call, detail: Schema.String }) {
  override get message() {
    return `Claude: ${this.operation} is not possible: ${this.detail}`
  }
  get retryable(): boolean {
    return false
  }
}

/**
 * The conversation does not fit the model's window, or the API's largest request. `room`: tokens that are left for the output, where
 * the input alone would fit.
 */
export class ContextOverflow extends Schema.TaggedError<ContextOverflow>()("ContextOverflow", {
  ...Call,
  room: Schema.optionalKey(Schema.Int)
}) {
  override get message() {
    return `Claude: ${this.operation} was refused because the conversation is too long: go on in a new session`
  }
  get retryable(): boolean {
    return false
  }
}

/** The API does not accept the request as it is. `status` null: refused here, or in the middle of a stream. */
export class ModelRejected extends Schema.TaggedError<ModelRejected>()("ModelRejected", {
  ...Call,
  status: Schema.NullOr(Schema.Int),
  code: Schema.NullOr(Schema.String),
  detail: Schema.String
}) {
  override get message() {
    const what = [this.status, this.code].filter((part) => part !== null).join(" ")
    return `Claude: ${this.operation} was refused${what === "" ? "" : ` (${what})`}: ${this.detail}`
  }
  /** For the issue: without a word of the other side, which may be a gateway's. */
  get sentence() {
    const what = [this.status, this.requestId].filter((part) => part !== null).join(", request ")
    return `Claude refused a request of this conversation${what === "" ? "" : ` (${what})`}; the log of the coordinator says why`
  }
  get retryable(): boolean {
    return false
  }
}

/** The API gave this thinking in an earlier turn and does not take it back. */
export class ThinkingRejected extends Schema.TaggedError<ThinkingRejected>()("ThinkingRejected", Call) {
  override get message() {
    return `Claude: ${this.operation} was refused because the thinking of earlier turns is no longer accepted: it is left out`
  }
  get retryable(): boolean {
    return false
  }
}

/** Why a call to Claude brought nothing; `retryable` where the same call can succeed later. */
export const ModelError = Schema.Union([
  ModelRateLimited,
  ModelOverloaded,
  ModelUnavailable,
  ModelSpendLimit,
  ModelAuth,
  ModelUnfit,
  ContextOverflow,
  ThinkingRejected,
  ModelRejected
])
export type ModelError = typeof ModelError.Type

const UNPAID: ReadonlyArray<Outage> = ["connection", "server"]

/** Whether a call that failed before a reply began was surely not paid for: there was no connection, or the API said no. */
export const isUnpaid = (error: ModelError): boolean => error._tag !== "ModelUnavailable" || UNPAID.includes(error.kind)

/** What concerns the key, the account or the model is the fault of no task. */
export type AccountError = ModelAuth | ModelSpendLimit | ModelUnfit

export const concernsAccount = (error: { readonly _tag: string }): error is AccountError =>
  error._tag === "ModelAuth" || error._tag === "ModelSpendLimit" || error._tag === "ModelUnfit"
