import { Duration, Result, Schema } from "effect"
import { Headers } from "effect/http"
import { neededFor, scopeAdvice } from "./TokenScopes.ts"
import type { ScopeRefusal } from "./TokenScopes.ts"

/** What went wrong with one call to Gitea. `status` null: there was no answer, or one that could not be read. */
export class GiteaError extends Schema.TaggedError<GiteaError>()("GiteaError", {
  operation: Schema.String,
  status: Schema.NullOr(Schema.Int),
  retryable: Schema.Boolean,
  /** Milliseconds that Gitea, or a proxy before it, asked to wait. */
  retryAfter: Schema.NullOr(Schema.Int),
  detail: Schema.String,
  /** Of a refusal for want of a scope: what the call would have needed, and all that the token has. */
  scope: Schema.optionalKey(Schema.Struct({ required: Schema.String, granted: Schema.Array(Schema.String) })),
  /** Of an answer that is over the bound: how many elements Gitea says it shows; null where it does not say. */
  tooLong: Schema.optionalKey(Schema.Struct({ shown: Schema.NullOr(Schema.Int) }))
}) {
  override get message() {
    return `Gitea: ${this.operation} failed (${this.status ?? "no usable answer"}): ${this.detail}`
  }
}

const MOVED = "the repository or its owner was renamed"

const ADVICE: Readonly<Record<number, string>> = {
  301: MOVED,
  307: MOVED,
  401: "the token is not accepted: set GITEA_TOKEN to a valid one",
  403: `the bot may not do this: check the scopes of its token (${neededFor({ tools: true }).join(", ")}) and its access to the repository`,
  404: "not found, or not visible to the bot: add it as a collaborator",
  423: "the repository is archived or the issue locked"
}

const isRetryable = (status: number): boolean => status === 408 || status === 429 || status >= 500

/** Milliseconds that the header `retry-after` asks to wait; null where it asks for nothing that can be waited for. */
export const retryAfterOf = (header: string | undefined, now: number): number | null => {
  const asked = Headers.parseRetryAfter(header ?? "")
  const millis = Result.isSuccess(asked) ? Duration.toMillis(Headers.retryAfterDelay(asked.success, now)) : 0
  return millis > 0 && Number.isSafeInteger(millis) ? millis : null
}

/** An answer with another status than the one wanted. Its text is not stable, so only its status and `retry-after` are read. */
export const fromStatus = (operation: string, status: number, retryAfter: number | null = null): GiteaError =>
  new GiteaError({
    operation,
    status,
    retryable: isRetryable(status),
    retryAfter,
    detail: ADVICE[status] ?? (isRetryable(status) ? "Gitea is in trouble or overloaded" : "the call was refused")
  })

/** Refused (403) because the token lacks a scope: that concerns every call of its kind. */
export const outOfScope = (operation: string, scope: ScopeRefusal, needed: ReadonlyArray<string>): GiteaError =>
  new GiteaError({
    operation,
    status: 403,
    retryable: false,
    retryAfter: null,
    detail: scopeAdvice([scope.required], needed),
    scope
  })

/** No answer: Gitea is away, or something else answers in its place. */
export const noAnswer = (operation: string, detail: string): GiteaError =>
  new GiteaError({ operation, status: null, retryable: true, retryAfter: null, detail })

/** It answered, and with nothing that can be used: that says nothing about Gitea as a whole, and is no outage. */
export const unusable = (operation: string, detail: string): GiteaError =>
  new GiteaError({ operation, status: null, retryable: false, retryAfter: null, detail })

/** It answered with more than is read. */
export const tooLong = (operation: string, shown: number | null): GiteaError =>
  new GiteaError({ ...unusable(operation, "the answer is too long"), tooLong: { shown } })

export const isTooLong = ({ tooLong: it }: GiteaError): boolean => it !== undefined

const isUnusable = ({ retryable, status }: GiteaError): boolean => status === null && !retryable

/** What Gitea's API answers to none of its accounts when they ask who they are. */
const NEVER_OF_THE_API = [400, 404, 405, 410]

/** Asked who the bot is, something answered so that it cannot be Gitea's API. */
export const noApi = (error: GiteaError): GiteaError =>
  error.status !== null && NEVER_OF_THE_API.includes(error.status)
    ? noAnswer(
        error.operation,
        `no Gitea API answers at GITEA_URL (${error.status}): add the path if Gitea has one, such as https://example.com/git, and check scheme and port`
      )
    : error

const KEPT_OUT =
  "Gitea knows the repository and shows it to the bot nowhere, as it does where two-factor authentication is enforced: sign in once as the bot and set it up under Settings, Security; its token stays valid"

/** Of a repository that was just found by its id, and is not there under its name. */
export const keptOut = (error: GiteaError): GiteaError =>
  isMissing(error) ? new GiteaError({ ...error, detail: KEPT_OUT }) : error

/** Under another path by now: the repository was renamed (301), or its owner (307). */
export const isMoved = ({ status }: GiteaError): boolean => status === 301 || status === 307

/** Gone, or out of sight. */
export const isMissing = ({ status }: GiteaError): boolean => status === 404

/** Nothing under this path: moved, gone, or out of sight. */
export const isElsewhere = (error: GiteaError): boolean => isMoved(error) || isMissing(error)

/** Not for the bot to see or do: no rights (403), no sight (404), or the token lacks the scope. */
export const isRefused = ({ status }: GiteaError): boolean => status === 403 || status === 404

/**
 * The issue cannot be seen: its repository is under no name we know, or what Gitea sends of it cannot be read. A token that is not
 * accepted says nothing about it.
 */
export const isOutOfSight = (error: GiteaError): boolean =>
  !concernsGitea(error) && (isRefused(error) || isElsewhere(error) || isUnusable(error))

/** Whether an error is about Gitea or the token as a whole, rather than about one repository or issue. */
export const concernsGitea = ({ retryable, scope, status }: GiteaError): boolean =>
  retryable || status === 401 || scope !== undefined
