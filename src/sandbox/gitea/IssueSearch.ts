import { DateTime, Option, Schema } from "effect"
import type { Forge, Issue } from "./Forge.ts"
import { referred, timestamp } from "./Forge.ts"

/** The parameters of `GET /repos/issues/search` that are heeded here. */
export const SearchQuery = Schema.Struct({
  assigned: Schema.optionalKey(Schema.String),
  type: Schema.optionalKey(Schema.String),
  state: Schema.optionalKey(Schema.String),
  since: Schema.optionalKey(Schema.String),
  page: Schema.optionalKey(Schema.String),
  limit: Schema.optionalKey(Schema.String)
})

/** What the user may see of all issues, newest first. `since` is a time of update; without `type` pull requests are among them. */
export const searchIssues = (forge: Forge, query: typeof SearchQuery.Type, user: number): ReadonlyArray<Issue> => {
  const state = query.state ?? "open"
  const since = Option.fromUndefinedOr(query.since).pipe(Option.flatMap(DateTime.make), Option.map(timestamp))
  return forge.issues
    .filter(
      (issue) =>
        !issue.deleted &&
        referred(forge.repositories, issue.repository).refusal === null &&
        (query.type === undefined || issue.pull === (query.type === "pulls")) &&
        (state === "all" || issue.state === state) &&
        (query.assigned !== "true" || issue.assignees.includes(user)) &&
        Option.match(since, { onNone: () => true, onSome: (from) => issue.updatedAt >= from })
    )
    .toReversed()
}
