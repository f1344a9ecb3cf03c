import type { Piece } from "./Markdown.ts"

/**
 * What ends a name or a number for Gitea (modules/references): the end, white space, a bracket, a quote, or a sign of punctuation
 * before one of those. Signs that Markdown may take away count as an end.
 */
const MARKUP = "*~_<>[\\]|\\\\&$`'\")^{"
const END = `(?=$|[\\s${MARKUP}]|[:,;.?!]+(?:$|[\\s${MARKUP}]))`
/** In the middle of a word or an address nothing begins, nor behind a character of no width. `_` may be markup. */
const BEGIN = "(?<![\\p{L}\\p{N}\u200b./:+%=&?@#-])"

const REPOSITORY = "(?<![\\w./:@-])[\\w.-]+/[\\w.-]+"

/** Each match ends where it is to be taken apart. */
const ACTING: ReadonlyArray<RegExp> = [
  `${BEGIN}@(?=[-\\w][-.\\w]*(?:/[-\\w][-.\\w]*)?${END})`,
  `${BEGIN}[#!](?=\\d+${END})`,
  `${REPOSITORY}[#!](?=\\d+${END})`,
  `${REPOSITORY}@(?=[\\da-f]{7,64}${END})`,
  // A number is a commit only where it has the length of a whole hash.
  `${BEGIN}(?=(?:(?=\\d*[a-f])[\\da-f]{7,64}|\\d{40}|\\d{64})${END})`
].map((pattern) => new RegExp(pattern, "gu"))

/** Runs of prose as one text, parted by line ends, and where each character of it ends in the source. */
const flatten = (pieces: ReadonlyArray<Piece>) => {
  const parts: Array<string> = []
  const ends: Array<number> = []
  pieces.forEach(({ from, text, to }, index) => {
    if (from !== pieces[index - 1]?.to) {
      parts.push("\n")
      ends.push(from)
    }
    parts.push(text)
    const isAsWritten = text.length === to - from
    for (let at = 1; at <= text.length; at++) ends.push(isAsWritten ? from + at : to)
  })
  return { text: parts.join(""), ends }
}

/**
 * Where Gitea would see a mention, an issue, a pull request or a commit in prose: offsets into the source at which a character of no
 * width takes it apart. What a mention or a reference does needs nothing but the text: "fixes #1" acts through its "#1".
 */
export const referencesIn = (pieces: ReadonlyArray<Piece>): ReadonlyArray<number> => {
  const { ends, text } = flatten(pieces)
  const found = ACTING.flatMap((pattern) =>
    Array.from(text.matchAll(pattern), (match) => match.index + match[0].length)
  )
  // What ends before the first character of a text begins at the start of its run.
  return [...new Set(found.map((length) => (length === 0 ? 0 : (ends[length - 1] ?? 0))))]
}

const ENTITY_OR_ESCAPE = /\\[!-/:-@[-`{-~]|&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z][a-zA-Z\d]{1,30});/

const ISSUE =
  /^(?:[a-z][a-z\d+.-]*:)?(?:\/\/([^/?#]*))?(?:\/[^?#]*)?\/[\w.]+\/[\w.-]*\w[\w.-]*\/(?:issues|pulls)\/[+-]?\d+$/i

/** Its addresses look the same, and no Gitea lives there. */
const GITHUB = /^(?:www\.)?github\.com$/i

/**
 * Where the path of a link ends that Gitea takes for a reference to an issue or a pull request, as an offset into the source; null
 * for every other link. `decode` turns the source of a destination into what it means.
 */
export const endOfIssuePath = (target: Piece, decode: (text: string) => string): number | null => {
  const units = target.text.split(new RegExp(`(${ENTITY_OR_ESCAPE.source})`))
  const parts = units.flatMap((unit, index) => (index % 2 === 1 ? [unit] : [...unit]))
  const beyond = parts.findIndex((part) => /^[?#]/.test(decode(part)))
  const path = beyond === -1 ? parts : parts.slice(0, beyond)
  const match = ISSUE.exec(path.map(decode).join(""))
  return match === null || GITHUB.test(match[1] ?? "") ? null : target.from + path.join("").length
}
