import { Effect, Schema, SchemaGetter } from "effect"
import { Repository } from "./Repository.ts"
import { User } from "./User.ts"

/** Gitea writes an empty list as `null` (a nil slice in Go), in webhooks and in the API alike. */
const nullAsEmpty = <S extends Schema.Top>(item: S) =>
  Schema.NullOr(Schema.Array(item)).pipe(
    Schema.decodeTo(Schema.toType(Schema.Array(item)), {
      decode: SchemaGetter.transform((list) => list ?? []),
      encode: SchemaGetter.transform((list) => list)
    }),
    Schema.withDecodingDefaultKey(Effect.succeed(null))
  )

export const IssueNumber = Schema.Int.check(Schema.isGreaterThan(0))

/** The fields of Gitea's issue that are used, the same in a webhook payload and in a REST answer. */
export const Issue = Schema.Struct({
  number: IssueNumber,
  title: Schema.String,
  body: Schema.String,
  state: Schema.Literals(["open", "closed"]),
  user: User,
  assignees: nullAsEmpty(User),
  labels: nullAsEmpty(Schema.Struct({ name: Schema.String })),
  createdAt: Schema.String.pipe(Schema.optionalKey),
  updatedAt: Schema.String.pipe(Schema.optionalKey),
  pullRequest: Schema.Unknown.pipe(Schema.optionalKey),
  /** Tells a repository from another that took its name after a rename. */
  repository: Schema.NullOr(Repository).pipe(Schema.optionalKey)
}).pipe(Schema.encodeKeys({ createdAt: "created_at", updatedAt: "updated_at", pullRequest: "pull_request" }))
export type Issue = typeof Issue.Type

/** Pull requests share numbers and routes with issues; on an issue the field is null or missing. */
export const isPullRequest = (issue: Issue): boolean => (issue.pullRequest ?? null) !== null
