import { parse, postprocess, preprocess } from "micromark"
import { gfmAutolinkLiteral } from "micromark-extension-gfm-autolink-literal"
import { gfmTable } from "micromark-extension-gfm-table"
import { decodeString } from "micromark-util-decode-string"
import type { Event, Token, TokenType } from "micromark-util-types"

/** A stretch of the source, in UTF-16 units; `text` is what a reader sees of it. */
export interface Piece {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** What of a Markdown text may act on Gitea, in the order of the source. */
export interface Markdown {
  /** Text outside code. Pieces that touch are one run; whatever parts them is markup. */
  readonly prose: ReadonlyArray<Piece>
  /** Raw HTML, whole. */
  readonly html: ReadonlyArray<Piece>
  /** Where links lead. */
  readonly targets: ReadonlyArray<Piece>
  /** Bare addresses in the prose. */
  readonly addresses: ReadonlyArray<Piece>
  /** The line that would close a fence left open at the end; null when none is. */
  readonly unclosed: string | null
}

/**
 * Gitea knows footnotes and definition lists, and renders what is indented in them: in such a text, less counts as code than
 * CommonMark says.
 */
const FOOTNOTE = /\[\^[^\]\n]+\]:/
const DEFINITION = /^[\s>*+\-\d.)]*:[ \t]/m
/** With a table in it, a span of code does not go on in the next line. */
const TABLE = /^(?=[^\n]*[|:])[ \t>|:-]*-[ \t>|:-]*$/m

const EXTENSIONS = { extensions: [gfmAutolinkLiteral(), gfmTable()] }

/** Where text stands that nobody sees as text. */
const NOT_TEXT: ReadonlySet<TokenType> = new Set<TokenType>([
  "autolink",
  "codeFencedFence",
  "codeText",
  "definition",
  "htmlText",
  "reference",
  "resource"
])
const CONTAINERS: ReadonlySet<TokenType> = new Set<TokenType>(["blockQuote", "listOrdered", "listUnordered"])
const ADDRESSES: ReadonlySet<string> = new Set(["literalAutolinkHttp", "literalAutolinkWww", "literalAutolinkEmail"])
const TARGETS: ReadonlySet<string> = new Set([
  "autolinkProtocol",
  "definitionDestinationString",
  "literalAutolinkHttp",
  "literalAutolinkWww",
  "resourceDestinationString"
])

/** Parses CommonMark with GitHub's tables and bare addresses, as Gitea does. Offsets count the text as given. */
export const parseMarkdown = (source: string): Markdown => {
  const events = postprocess(
    parse(EXTENSIONS)
      .document()
      .write(preprocess()(source, undefined, true))
  )
  const loose = FOOTNOTE.test(source) || DEFINITION.test(source)
  const reader = makeReader(source, loose, loose || TABLE.test(source))
  events.forEach(([kind, token], index) =>
    kind === "enter" ? reader.enter(token, events[index - 1]) : reader.exit(token)
  )
  return reader.read
}

const makeReader = (source: string, loose: boolean, oneLineSpans: boolean) => {
  const prose: Array<Piece> = []
  const html: Array<Piece> = []
  const targets: Array<Piece> = []
  const addresses: Array<Piece> = []
  const open: Array<Token> = []
  const read = { prose, html, targets, addresses, unclosed: null as string | null }
  /** Whether the fenced code that is being read may be none for Gitea, its fences, and the prose before it. */
  let fence = { indented: false, fences: 0, sequence: "", before: 0 }

  const raw = ({ end, start }: Token): Piece => ({
    from: start.offset,
    to: end.offset,
    text: source.slice(start.offset, end.offset)
  })
  const decoded = (token: Token): Piece => ({ ...raw(token), text: decodeString(raw(token).text) })

  const isIn = (types: ReadonlySet<TokenType>) => open.some(({ type }) => types.has(type))
  const isLinkLabel = () =>
    open.some(({ type }, index) => type === "link" && open[index + 1]?.type === "label") && !loose
  const isText = () => !isIn(NOT_TEXT) && !isLinkLabel() && !open.some(({ type }) => ADDRESSES.has(type))
  const isImage = () => open.findLast(({ type }) => type === "link" || type === "image")?.type === "image"

  const enter = (token: Token, before: Event | undefined) => {
    const { type } = token
    if (ADDRESSES.has(type)) {
      addresses.push(raw(token))
      if (isText()) prose.push(raw(token))
    }
    if (TARGETS.has(type) && !isImage()) targets.push(raw(token))
    if (type === "data" && isText()) prose.push(raw(token))
    if ((type === "characterEscape" || type === "characterReference") && isText()) prose.push(decoded(token))
    if (type === "htmlFlow" || type === "htmlText") (loose ? prose : html).push(raw(token))
    if (type === "definition" && loose) prose.push(raw(token))
    if (type === "codeText" && oneLineSpans && raw(token).text.includes("\n")) prose.push(raw(token))
    if (type === "codeFenced") {
      fence = { indented: before?.[1].type === "linePrefix", fences: 0, sequence: "", before: prose.length }
    }
    if (type === "codeFencedFence") fence.fences += 1
    if (type === "codeFencedFenceSequence") fence.sequence = raw(token).text
    if (type === "codeFlowValue" && loose) prose.push(raw(token))
    open.push(token)
  }

  const exit = (token: Token) => {
    open.pop()
    if (token.type !== "codeFenced") return
    const isClosed = fence.fences > 1
    if (loose && isClosed && !fence.indented) prose.length = fence.before
    if (!isClosed && !isIn(CONTAINERS)) read.unclosed = fence.sequence
  }

  return { enter, exit, read }
}
