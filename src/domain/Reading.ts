import { Schema } from "effect"

/** What tells one version of each text of an issue from the next, by its name: "title", "text", "comment <id>". */
const Versions = Schema.Record(Schema.String, Schema.String)
export type Versions = typeof Versions.Type

/** Tokens for news by those who may write to the repository, and by others. */
const Rooms = Schema.Struct({ writers: Schema.Int, others: Schema.Int })
export type Rooms = typeof Rooms.Type

/** What a session was shown of its issue: as of when (milliseconds), which versions, and what the news among it took. */
export const Reading = Schema.Struct({ at: Schema.Int, versions: Versions, spent: Rooms })
export type Reading = typeof Reading.Type

export const NOTHING_SPENT: Rooms = { writers: 0, others: 0 }

/** What a reading adds to those before it. */
export const readOn = (before: Reading | null, { at, spent, versions }: Reading): Reading => ({
  at: Math.max(before?.at ?? 0, at),
  versions: { ...before?.versions, ...versions },
  spent: {
    writers: (before?.spent.writers ?? 0) + spent.writers,
    others: (before?.spent.others ?? 0) + spent.others
  }
})

export const TITLE = "title"
export const TEXT = "text"
export const commentName = (id: number): string => `comment ${id}`

/** A comment, as its own list or the timeline gives it. */
interface Said {
  readonly id: number
  readonly user?: { readonly id: number } | null
  readonly body?: unknown
  readonly updatedAt?: unknown
}

/** Of a longer thread the newest are told apart. */
const MOST_COMMENTS = 2_000

/**
 * The versions of an issue's texts, `hash` being that of its body. The bot's own comments are none of them. Gitea tells times in whole
 * seconds, so that the length of a comment counts as well.
 */
export const versionsOf = (
  { hash, title }: { readonly title: string; readonly hash: string },
  comments: ReadonlyArray<Said>,
  bot: number
): Versions => ({
  [TITLE]: title,
  [TEXT]: hash,
  ...Object.fromEntries(
    comments
      .filter(({ user }) => user?.id !== bot)
      .slice(-MOST_COMMENTS)
      .map(({ body, id, updatedAt }) => [commentName(id), `${String(updatedAt)} ${String(body ?? "").length}`])
  )
})

/** The names of what is new or another version now. */
export const changedIn = (known: Versions, now: Versions): ReadonlyArray<string> =>
  Object.keys(now).filter((name) => now[name] !== known[name])
