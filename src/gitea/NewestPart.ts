import { Array, Effect, Option, Schema } from "effect"
import { Comment } from "../domain/Comment.ts"
import { TimelineEntry } from "../domain/Timeline.ts"
import { isTooLong } from "./GiteaError.ts"
import type { GiteaError } from "./GiteaError.ts"
import { isEmpty, PAGE, pageAt } from "./Pages.ts"
import type { Get } from "./Pages.ts"

/** Pages that are read of a thread that is too long to be read at once: 2,000 entries. */
const MAX_PAGES = 40
/** Empty pages in a row after which the thread is over: Gitea cuts a page before it leaves out what the bot may not see. */
const EMPTY_PAGES = 5
/** Characters that are kept of a text. */
const MAX_TEXT = 8_000
const CUT = "\n\n[The rest of this comment was not read, because the discussion is too long.]"

const cut = (text: unknown): unknown =>
  typeof text === "string" && text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT).toWellFormed()}${CUT}` : text

const Typed = Schema.Struct({ type: Schema.String })
const typeOf = (entry: unknown) => Option.map(Schema.decodeUnknownOption(Typed)(entry), ({ type }) => type)

/** What an entry of a timeline is read as; `null` is one that is left out. */
type Reader<A> = (entry: unknown) => A | null

const asEntry: Reader<TimelineEntry> = (entry) => {
  const read = Option.getOrNull(Schema.decodeUnknownOption(TimelineEntry)(entry))
  return read === null ? null : { ...read, body: cut(read.body) }
}

const asComment: Reader<Comment> = (entry) => {
  if (!Option.contains(typeOf(entry), "comment")) return null
  const read = Option.getOrNull(Schema.decodeUnknownOption(Comment)(entry))
  return read === null ? null : { ...read, body: String(cut(read.body)) }
}

/**
 * The newest part of a timeline, oldest entry first, whatever anybody writes there: read page by page from where it ends back. Gitea
 * does not say how many entries there are in all, only how many it would have shown, so the end is looked for from there on.
 */
const newest =
  (get: Get) =>
  <A>(path: string, shown: number | null, as: Reader<A>) =>
    Effect.gen(function* () {
      const at = pageAt(get)({ operation: "read timeline", path }, Schema.Unknown)
      const read = (number: number) =>
        Effect.map(at(number), (page) => ({
          isEmpty: isEmpty(page),
          items: page.items.flatMap((entry) => as(entry) ?? [])
        }))
      const first = Math.max(1, Math.ceil((shown ?? 0) / PAGE))
      const later: Array<Effect.Success<ReturnType<typeof read>>> = []
      let empty = 0
      while (later.length < MAX_PAGES && empty < EMPTY_PAGES) {
        const page = yield* read(first + later.length)
        empty = page.isEmpty ? empty + 1 : 0
        later.push(page)
      }
      const before = first === 1 ? [] : Array.range(Math.max(1, first - MAX_PAGES), first - 1)
      const earlier = yield* Effect.forEach(before, read)
      return [...earlier, ...later].flatMap(({ items }) => items)
    })

/** Reads a thread at once, and where that is too long its newest part. */
const orNewest =
  <A>(get: Get, path: string, as: Reader<A>) =>
  (whole: Effect.Effect<ReadonlyArray<A>, GiteaError>) =>
    Effect.catchIf(whole, isTooLong, ({ tooLong }) => newest(get)(path, tooLong?.shown ?? null, as))

/** Of the timeline under this path. */
export const orNewestEntries = (get: Get, path: string) => orNewest(get, path, asEntry)

/** Of the comments, whose own list Gitea does not page: they are read from the timeline under this path. */
export const orNewestComments = (get: Get, path: string) => orNewest(get, path, asComment)
