import type { Piece } from "./Markdown.ts"

const TAG = /<\/?[a-zA-Z][^<>]*>/g
/** A browser needs no semicolon. */
const ENTITY = /&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z][a-zA-Z\d]{1,30});?/g
/** Comments, declarations and instructions: nobody sees them. */
const HIDDEN = /<(?=[!?])/g

/** The stretches between what a pattern matches, and with `matched` what it matches too, as pieces of the source. */
const cut = (
  { from, text }: Piece,
  pattern: RegExp,
  matched: (text: string) => string | null
): ReadonlyArray<Piece> => {
  const pieces: Array<Piece> = []
  let at = 0
  const add = (to: number, shown: string | null) => {
    if (to > at && shown !== null) pieces.push({ from: from + at, to: from + to, text: shown })
    at = to
  }
  for (const { 0: whole, index } of text.matchAll(pattern)) {
    add(index, text.slice(at, index))
    add(index + whole.length, matched(whole))
  }
  add(text.length, text.slice(at))
  return pieces
}

/** What of raw HTML is text to a reader. `decode` knows entities that end in a semicolon. */
export const textOfHtml = (html: Piece, decode: (text: string) => string): ReadonlyArray<Piece> =>
  cut(html, TAG, () => null).flatMap((text) =>
    cut(text, ENTITY, (entity) => decode(entity.endsWith(";") ? entity : `${entity};`))
  )

/** Offsets of what opens something hidden in raw HTML. */
export const hiddenIn = ({ from, text }: Piece): ReadonlyArray<number> =>
  Array.from(text.matchAll(HIDDEN), ({ index }) => from + index)
