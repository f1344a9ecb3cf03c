import { Schema } from "effect"

const Side = Schema.Struct({ ref: Schema.String, sha: Schema.String, repoId: Schema.Int }).pipe(
  Schema.encodeKeys({ repoId: "repo_id" })
)

/** A pull request, only what is used. `head.ref` is a branch, or `refs/pull/<n>/head` where it has none. */
export const PullRequest = Schema.Struct({
  number: Schema.Int,
  title: Schema.String,
  body: Schema.String,
  state: Schema.String,
  merged: Schema.Boolean,
  poster: Schema.Struct({ id: Schema.Int }),
  url: Schema.String,
  head: Side,
  base: Side
}).pipe(Schema.encodeKeys({ url: "html_url", poster: "user" }))
export type PullRequest = typeof PullRequest.Type

/** A branch, as the bot may use it. */
export const Branch = Schema.Struct({
  name: Schema.String,
  commit: Schema.Struct({ id: Schema.String }),
  isProtected: Schema.Boolean,
  mayPush: Schema.Boolean
}).pipe(Schema.encodeKeys({ isProtected: "protected", mayPush: "user_can_push" }))
export type Branch = typeof Branch.Type

/** What the bot may do in a repository, and whether there is anything to work on. `size` is in KiB, as Gitea counts it. */
export const RepositoryAccess = Schema.Struct({
  defaultBranch: Schema.String,
  empty: Schema.Boolean,
  archived: Schema.Boolean,
  hasPulls: Schema.Boolean,
  size: Schema.Int,
  permissions: Schema.Struct({ push: Schema.Boolean })
}).pipe(Schema.encodeKeys({ defaultBranch: "default_branch", hasPulls: "has_pull_requests" }))
export type RepositoryAccess = typeof RepositoryAccess.Type
