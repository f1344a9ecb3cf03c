import { Schema } from "effect"
import { Issue, IssueNumber } from "./Issue.ts"
import { Repository } from "./Repository.ts"
import { User } from "./User.ts"

/** The kinds of `issues` event that can change what the bot has to do. `action` is signed, the event headers are not. */
export const IssueAction = Schema.Literals([
  "assigned",
  "unassigned",
  "closed",
  "opened",
  "reopened",
  "edited",
  "label_updated",
  "label_cleared",
  "deleted"
])
export type IssueAction = typeof IssueAction.Type

/** Gitea's `IssuePayload`, only what is used; unknown fields are left alone (Gitea 1.24 to main, Forgejo). */
export const IssueEvent = Schema.Struct({
  action: IssueAction,
  number: IssueNumber,
  issue: Issue,
  repository: Repository,
  sender: User
})
export type IssueEvent = typeof IssueEvent.Type

/** Gitea's `IssueCommentPayload` of a comment that is new or edited, only what is used. Unlike an issue's it has no number of its own. */
export const CommentEvent = Schema.Struct({
  action: Schema.Literals(["created", "edited"]),
  issue: Issue,
  comment: Schema.Struct({ body: Schema.String }),
  repository: Repository,
  sender: User
})
export type CommentEvent = typeof CommentEvent.Type

/** What any JSON delivery says of itself, so that a kind we do not know can be named and ignored. */
export const Envelope = Schema.Struct({ action: Schema.String.pipe(Schema.optionalKey) })
