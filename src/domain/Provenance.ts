import { DateTime } from "effect"
import { textOf } from "./Comment.ts"
import type { Comment } from "./Comment.ts"
import type { Issue } from "./Issue.ts"
import { lastGiven } from "./Timeline.ts"
import type { TimelineEntry } from "./Timeline.ts"
import { visible } from "./Visible.ts"

/** Who had a say on an issue, and since when the bot has its mandate. */
export interface Provenance {
  /** The bot: its marker is no hidden comment. */
  readonly bot: number
  /** The entry that gave the mandate, and when (milliseconds); where one is not known, everything counts as later. */
  readonly mandate: { readonly id: number; readonly at: number | null } | null
  /** People who may write to the repository, of those who were asked about, and the bot. */
  readonly trusted: ReadonlySet<number>
  /** Whether the text of the issue is another one than when the mandate was first seen. */
  readonly isTextEdited: boolean
  /** Changes of the title after the mandate was given. */
  readonly titles: ReadonlyArray<{ readonly by: number | null; readonly at: number | null }>
}

const timeOf = (text: unknown): number | null => {
  const at = typeof text === "string" ? Date.parse(text) : NaN
  return Number.isNaN(at) ? null : at
}

/** Those whose words came, or were changed, after the mandate: of them it matters whether they may write. */
export const peopleSince = (
  comments: ReadonlyArray<Comment>,
  timeline: ReadonlyArray<TimelineEntry>,
  botId: number
): ReadonlySet<number> => {
  const { mandate, titles } = provenanceOf(timeline, botId, new Set())
  const since = comments.filter(
    ({ createdAt, id, updatedAt }) => mandate === null || id > mandate.id || createdAt !== updatedAt
  )
  return new Set([...since.map(({ user }) => user.id), ...titles.flatMap(({ by }) => by ?? [])])
}

/** `writers`: of those who have had a say, the ones who may write to the repository. */
export const provenanceOf = (
  timeline: ReadonlyArray<TimelineEntry>,
  botId: number,
  writers: ReadonlySet<number>
): Provenance => {
  const given = lastGiven(timeline, botId)
  return {
    mandate: given === null ? null : { id: given.id, at: timeOf(given.createdAt) },
    trusted: new Set([botId, ...writers]),
    bot: botId,
    isTextEdited: false,
    titles: timeline
      .filter(({ id, type }) => type === "change_title" && (given === null || id > given.id))
      .map(({ createdAt, user }) => ({ by: user?.id ?? null, at: timeOf(createdAt) }))
  }
}

const iso = (at: number | null): string => (at === null ? "" : ` at ${DateTime.formatIso(DateTime.makeUnsafe(at))}`)
/** Changes of the title that are told of, the newest. */
const MOST_CHANGES = 2
const NOT_KNOWN = "not known to have write access"

/** Entries of a timeline and comments share their ids, which grow; times are told in whole seconds. */
const isLater = ({ mandate }: Provenance, id: number): boolean => mandate === null || id > mandate.id
const isSince = ({ mandate }: Provenance, at: number): boolean => at >= (mandate?.at ?? -Infinity)

/** What the label of a comment says of it beside its author. */
const marksOf = ({ createdAt, id, updatedAt, user }: Comment, from: Provenance): ReadonlyArray<string> => {
  const [written, edited] = [timeOf(createdAt), timeOf(updatedAt)]
  if (from.trusted.has(user.id)) return []
  return [
    ...(isLater(from, id) ? [`written after the assignment${iso(written)}, by somebody ${NOT_KNOWN}`] : []),
    ...(edited !== null && edited > (written ?? -Infinity) && isSince(from, edited)
      ? [`edited after the assignment${iso(edited)}, by ${user.login} or somebody who may`]
      : [])
  ]
}

/** A text, and what its label says of it. */
export interface Marked {
  readonly text: string
  readonly marks: ReadonlyArray<string>
}

const marked = (given: string, marks: ReadonlyArray<string>): Marked => {
  const { found, text } = visible(given)
  return { text, marks: [...marks, ...found] }
}

export const markedComment = (comment: Comment, from: Provenance): Marked =>
  marked(comment.user.id === from.bot ? textOf(comment.body) : comment.body, marksOf(comment, from))

export const markedTitle = ({ title }: Issue, { titles, trusted }: Provenance): Marked =>
  marked(
    title,
    titles
      .filter(({ by }) => by === null || !trusted.has(by))
      .slice(-MOST_CHANGES)
      .map(({ at }) => `changed after the assignment${iso(at)}, by somebody ${NOT_KNOWN}`)
  )

/** Gitea tells nobody who edited the text of an issue, and lets only its author and those with write access do so. */
export const markedText = ({ body, user }: Issue, { isTextEdited, trusted }: Provenance): Marked =>
  marked(
    body,
    isTextEdited && !trusted.has(user.id) ? [`edited after the assignment, by ${user.login} or somebody who may`] : []
  )
