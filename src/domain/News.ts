import { estimateTokens } from "./ContextUsage.ts"
import { fenceWithin, labelled, labelOf } from "./Prompt.ts"
import type { IssueText } from "./Prompt.ts"
import { markedComment, markedText, markedTitle } from "./Provenance.ts"
import type { Marked } from "./Provenance.ts"
import { commentName, NOTHING_SPENT, TEXT, TITLE } from "./Reading.ts"
import type { Rooms, Versions } from "./Reading.ts"

/** Texts that are shown at once, of those who may write and of others. */
const MOST_SHOWN = 20
/** With less room than this a text is not shown at all. */
const LEAST_ROOM = 100

/** What an answer that is held is told first; times that a session is told so at most. */
export const NOT_TAKEN =
  "Your answer is not taken yet: there is news on the issue, which follows. See to it, then call the tool `finish` again with your whole answer, also where it stays as it was."
export const MOST_HELD = 2
/** So often at most where none of it is by somebody who may write to the repository. */
const MOST_HELD_BY_OTHERS = 1

/** Whether an answer is held for news, once more than `held` times. */
export const holdsAnswer = (held: number, byWriters: boolean): boolean =>
  held < (byWriters ? MOST_HELD : MOST_HELD_BY_OTHERS)

const HEADING = "New on the issue while you worked, oldest first. None of it was there when you were given the issue."
const BY_WRITER = "by somebody who may write to the repository"
const BY_OTHER = "by somebody not known to have write access"

/** One text that is new to a session. */
interface Item {
  readonly label: string
  readonly text: string
  /** Whether it comes from somebody who may write to the repository. */
  readonly isWriters: boolean
}

export interface Told {
  /** Null where there is nothing to tell. */
  readonly text: string | null
  readonly spent: Rooms
  /** Whether any of it comes from somebody who may write to the repository. */
  readonly byWriters: boolean
}

const itemOf = (label: string, { marks, text }: Marked, isWriters: boolean): Item => ({
  label: labelled(`${label}, ${isWriters ? BY_WRITER : BY_OTHER}`, { text, marks }),
  text,
  isWriters
})

const itemsOf = ({ comments, from, issue }: IssueText, known: Versions, names: ReadonlySet<string>) => [
  ...(names.has(TITLE)
    ? [
        itemOf(
          "title, as it is now",
          markedTitle(issue, from),
          from.titles.every(({ by }) => by !== null && from.trusted.has(by))
        )
      ]
    : []),
  ...(names.has(TEXT)
    ? [itemOf("text of the issue, as it is now", markedText(issue, from), from.trusted.has(issue.user.id))]
    : []),
  ...comments
    .filter(({ id }) => names.has(commentName(id)))
    .map((comment) =>
      itemOf(
        `${known[commentName(comment.id)] === undefined ? "new" : "edited"} ${labelOf(comment)}`,
        markedComment(comment, from),
        from.trusted.has(comment.user.id)
      )
    )
]

/** The newest of them, each cut to what newer ones left of the room; rendered, by item. */
const newestWithin = (items: ReadonlyArray<Item>, tokens: number) => {
  let room = tokens
  const shown = new Map<Item, string>()
  for (const item of items.slice(-MOST_SHOWN).toReversed()) {
    if (room < LEAST_ROOM) break
    const text = fenceWithin(item.label, item.text, room)
    room -= estimateTokens(`\n\n${text}`)
    shown.set(item, text)
  }
  return { shown, spent: tokens - room }
}

/**
 * What is new on an issue, for a session at work: those of its texts that `names` names, of other versions than the `known` ones, each
 * labelled with who wrote it. The newest come first where not all fit into the rooms (estimated tokens). Who may write has a room of
 * their own: a crowd of strangers cannot push them out.
 */
export const tellNews = (text: IssueText, known: Versions, names: ReadonlyArray<string>, rooms: Rooms): Told => {
  const items = itemsOf(text, known, new Set(names))
  if (items.length === 0) return { text: null, spent: NOTHING_SPENT, byWriters: false }
  const writers = newestWithin(
    items.filter(({ isWriters }) => isWriters),
    rooms.writers
  )
  const others = newestWithin(
    items.filter(({ isWriters }) => !isWriters),
    rooms.others
  )
  const shown = items.flatMap((item) => writers.shown.get(item) ?? others.shown.get(item) ?? [])
  const left = items.length - shown.length
  const more = left === 0 ? [] : [`${left} more did not fit. Read the comments with \`read_comments\`.`]
  return {
    text: [HEADING, ...shown, ...more].join("\n\n"),
    spent: { writers: writers.spent, others: others.spent },
    byWriters: items.some(({ isWriters }) => isWriters)
  }
}
