import { Schema } from "effect"
import type { ForgeEvent } from "./Change.ts"
import { referred } from "./Forge.ts"
import { commentResource, issueResource, repositoryResource, userResource } from "./Resource.ts"

/** What every hook is told of an event: the names for the headers, and the body. */
export interface Payload {
  readonly event: string
  readonly eventType: string
  readonly action: string
  /** The JSON text that is signed. */
  readonly text: string
}

export const renderPayload = (url: string, event: ForgeEvent): Payload => ({
  event: event.type === "issue_comment" ? "issue_comment" : "issues",
  eventType: event.type,
  action: event.action,
  text: goJson(body(url, event))
})

/** Key order as in `IssuePayload` and `IssueCommentPayload` (modules/structs/hook.go). */
const body = (url: string, { action, changes, comment, forge, issue, sender }: ForgeEvent) => {
  const view = { forge, url }
  const changed = changes === undefined ? {} : { changes: { ...changes, added_labels: null, removed_labels: null } }
  const scene = {
    repository: repositoryResource(view, referred(forge.repositories, issue.repository)),
    sender: userResource(view, referred(forge.users, sender))
  }
  return comment === undefined
    ? { action, number: issue.number, ...changed, issue: issueResource(view, issue), ...scene, commit_id: "" }
    : {
        action,
        issue: issueResource(view, issue),
        comment: commentResource(view, comment),
        ...changed,
        ...scene,
        is_pull: false
      }
}

const encodeIndented = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown, { space: 2 }))

/** Go's encoder escapes what could end a script element, so parsing and writing again never gives these bytes back. */
const goJson = (value: unknown): string =>
  encodeIndented(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )
