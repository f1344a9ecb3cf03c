import { Predicate, Result, Schema } from "effect"
import { CommentEvent, Envelope, IssueAction, IssueEvent } from "../domain/GiteaEvent.ts"
import { fieldOf, unprocessable } from "../http/Problem.ts"
import type { Problem } from "../http/Problem.ts"
import type { Incoming } from "../event/Incoming.ts"

const BODY = "body"

/** Kept, logged and answered, so it is held to the form Gitea's actions have. */
const ACTION = /^\w{1,64}$/

/** Without `ignoreBOM` a byte order mark would be dropped unseen, and the text would not be what was signed. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const utf8 = (bytes: Uint8Array): Result.Result<string, Problem> =>
  Result.try({
    try: () => decoder.decode(bytes),
    catch: () => unprocessable(BODY, "The body is not UTF-8")
  })

const parse = (text: string): Result.Result<unknown, Problem> =>
  Result.try({
    try: () => JSON.parse(text),
    catch: () => unprocessable(BODY, "The body is not JSON")
  })

const decodeEnvelope = Schema.decodeUnknownResult(Envelope)
const decodeIssueEvent = Schema.decodeUnknownResult(IssueEvent)
const decodeComment = Schema.decodeUnknownResult(CommentEvent)
const isIssueAction = Schema.is(IssueAction)

const wrongShape = ({ issue }: Schema.SchemaError): Problem => {
  const field = fieldOf(issue)
  return unprocessable(field, `${field} is missing or has the wrong form`)
}

const actionOf = (json: unknown): Result.Result<string | null, Problem> =>
  (Predicate.isObject(json)
    ? Result.mapError(decodeEnvelope(json), wrongShape)
    : Result.fail(unprocessable(BODY, "The body is not a JSON object"))
  ).pipe(
    Result.flatMap(({ action }) =>
      action === undefined || ACTION.test(action)
        ? Result.succeed(action ?? null)
        : Result.fail(unprocessable("action", "action has the wrong form"))
    )
  )

/** A verified body as the text it is and what it says; of a kind that is not handled, only that it is one. */
export const decode = (
  event: string,
  bytes: Uint8Array
): Result.Result<{ readonly text: string; readonly said: Pick<Incoming, "action" | "issue"> }, Problem> =>
  Result.gen(function* () {
    const text = yield* utf8(bytes)
    const json = yield* parse(text)
    const action = yield* actionOf(json)
    // Of any other shape it says nothing that matters.
    if (event === "issue_comment")
      return { text, said: { action, issue: Result.getOrElse(decodeComment(json), () => null) } }
    if (event !== "issues" || (action !== null && !isIssueAction(action))) {
      return { text, said: { action, issue: null } }
    }
    const issue = yield* Result.mapError(decodeIssueEvent(json), wrongShape)
    return { text, said: { action, issue } }
  })
