import { Schema } from "effect"
import type { Mandate } from "./Mandate.ts"
import { User } from "./User.ts"

/** An entry of an issue's timeline, only what is used. Ids grow, and are shared with comments. */
export const TimelineEntry = Schema.Struct({
  id: Schema.Int,
  type: Schema.String,
  assignee: Schema.NullOr(User).pipe(Schema.optionalKey),
  removedAssignee: Schema.Boolean.pipe(Schema.optionalKey)
}).pipe(Schema.encodeKeys({ removedAssignee: "removed_assignee" }))
export type TimelineEntry = typeof TimelineEntry.Type

/** The newest entry that assigned the bot or reopened the issue; null when there is none. */
export const mandateOf = (entries: ReadonlyArray<TimelineEntry>, botId: number): Mandate | null => {
  const ids = entries
    .filter(
      ({ type, assignee, removedAssignee }) =>
        type === "reopen" || (type === "assignees" && assignee?.id === botId && removedAssignee !== true)
    )
    .map(({ id }) => id)
  return ids.length === 0 ? null : { source: "timeline", id: Math.max(...ids) }
}
