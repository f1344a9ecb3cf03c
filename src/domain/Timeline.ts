import { Schema } from "effect"
import type { Mandate } from "./Mandate.ts"
import { mentions } from "./Mention.ts"
import type { User } from "./User.ts"

/** Somebody, by the id alone. */
const Person = Schema.Struct({ id: Schema.Int })

/** An entry of an issue's timeline, only what is used. Ids grow, and are shared with comments. */
export const TimelineEntry = Schema.Struct({
  id: Schema.Int,
  type: Schema.String,
  /** A time, as a text. It is a help and no condition: an entry counts without one that can be read. */
  createdAt: Schema.Unknown.pipe(Schema.optionalKey),
  /** Of a comment, when it was edited last. */
  updatedAt: Schema.Unknown.pipe(Schema.optionalKey),
  /** Who did it. */
  user: Schema.NullOr(Person).pipe(Schema.optionalKey),
  assignee: Schema.NullOr(Person).pipe(Schema.optionalKey),
  removedAssignee: Schema.Boolean.pipe(Schema.optionalKey),
  /** The text of a comment. */
  body: Schema.Unknown.pipe(Schema.optionalKey)
}).pipe(Schema.encodeKeys({ createdAt: "created_at", updatedAt: "updated_at", removedAssignee: "removed_assignee" }))
export type TimelineEntry = typeof TimelineEntry.Type

const assigns = ({ type, assignee, removedAssignee }: TimelineEntry, botId: number): boolean =>
  type === "assignees" && assignee?.id === botId && removedAssignee !== true

const isOwn = ({ user }: TimelineEntry, botId: number): boolean => user?.id === botId

const newest = (entries: ReadonlyArray<TimelineEntry>): TimelineEntry | null =>
  entries.reduce<TimelineEntry | null>((last, entry) => (last === null || entry.id > last.id ? entry : last), null)

export const commentsIn = (entries: ReadonlyArray<TimelineEntry>): ReadonlyArray<TimelineEntry> =>
  entries.filter(({ type }) => type === "comment")

/** The newest entry by which somebody else assigned the bot or reopened the issue; null when there is none. */
export const lastGiven = (entries: ReadonlyArray<TimelineEntry>, botId: number): TimelineEntry | null =>
  newest(entries.filter((entry) => !isOwn(entry, botId) && (entry.type === "reopen" || assigns(entry, botId))))

/** The newest entry by which the issue was closed or the bot was taken off it; null when there is none. */
export const lastTaken = (entries: ReadonlyArray<TimelineEntry>, botId: number): TimelineEntry | null =>
  newest(
    entries.filter(
      ({ assignee, removedAssignee, type }) =>
        type === "close" || (type === "assignees" && assignee?.id === botId && removedAssignee === true)
    )
  )

/** See `Mandate`; null when nobody else gave the issue to the bot. */
export const mandateOf = (entries: ReadonlyArray<TimelineEntry>, botId: number): Mandate | null => {
  const given = lastGiven(entries, botId)
  return given === null ? null : { source: "timeline", id: given.id }
}

/** Whether the bot assigned itself, which starts nothing. */
export const assignedItself = (entries: ReadonlyArray<TimelineEntry>, botId: number): boolean =>
  entries.some((entry) => isOwn(entry, botId) && assigns(entry, botId))

/**
 * The comments by others that mention the bot, after the last one of its own and after the entry `since`, newest first: each may be
 * an answer to what the bot has asked for. A mention before that was there when the bot wrote.
 */
export const mentionsOf = (
  entries: ReadonlyArray<TimelineEntry>,
  bot: User,
  since: number
): ReadonlyArray<TimelineEntry> => {
  const comments = commentsIn(entries)
  const own = comments.filter((entry) => isOwn(entry, bot.id)).map(({ id }) => id)
  const from = own.reduce((newestId, id) => Math.max(newestId, id), since)
  return comments
    .filter((entry) => entry.id > from && !isOwn(entry, bot.id) && mentions(String(entry.body ?? ""), bot.login))
    .toSorted((one, other) => other.id - one.id)
}
