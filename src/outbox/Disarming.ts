import { Effect, MutableRef } from "effect"
import type { Brand } from "effect"
import { hiddenIn, textOfHtml } from "./HtmlText.ts"
import type { Markdown } from "./Markdown.ts"
import { endOfIssuePath, referencesIn } from "./References.ts"
import { asCode, isCode, isTangled } from "./Tangle.ts"

/** Text for a comment in which nothing acts. */
export type Disarmed = string & Brand.Brand<"Disarmed">

/** A character that no reader sees. */
const ZERO_WIDTH = "\u200b"
/** What was hidden is prose once it is shown, and is looked at again. */
const PASSES = 5

/** One line of ours for a comment: whatever name is in it, it mentions nobody, refers to nothing and hides nothing. */
export const plain = (text: string): string =>
  text.replace(/<(?=[!?/a-z])/gi, "&lt;").replace(/@(?=[\w-])|[#!](?=\d)/g, `$&${ZERO_WIDTH}`)

/** What replaces `length` characters of the source. */
interface Edit {
  readonly at: number
  readonly length: number
  readonly text: string
}

const insert =
  (text: string) =>
  (at: number): Edit => ({ at, length: 0, text })
const show = (at: number): Edit => ({ at, length: 1, text: "&lt;" })

const isQuoted = (source: string, at: number) => /[([\s'"][@#!]$/.test(source.slice(at - 2, at))

const editsOf = (source: string, markdown: Markdown, decode: (text: string) => string): ReadonlyArray<Edit> => {
  const { addresses, html, prose, targets } = markdown
  const comments = prose.flatMap(({ from, text, to }) =>
    text.length === to - from ? Array.from(text.matchAll(/<!--/g), ({ index }) => from + index) : []
  )
  const references = [...referencesIn(prose), ...html.flatMap((piece) => referencesIn(textOfHtml(piece, decode)))]
  // Gitea reads fewer addresses than GitHub does: in one of those alone, a bracket or a quote must come before.
  const acting = references.filter(
    (at) => isQuoted(source, at) || !addresses.some(({ from, to }) => from < at && at < to)
  )
  const paths = targets.flatMap((target) => endOfIssuePath(target, decode) ?? [])
  return [
    ...[...comments, ...html.flatMap(hiddenIn)].map(show),
    ...acting.map(insert(ZERO_WIDTH)),
    ...paths.map(insert("/"))
  ].toSorted((a, b) => a.at - b.at)
}

const carryOut = (source: string, edits: ReadonlyArray<Edit>): string => {
  let at = 0
  const parts = edits.flatMap((edit) => {
    const before = source.slice(at, edit.at)
    at = edit.at + edit.length
    return [before, edit.text]
  })
  return [...parts, source.slice(at)].join("")
}

const close = (text: string, sequence: string | null): string =>
  sequence === null ? text : `${text}${text.endsWith("\n") ? "" : "\n"}${sequence}`

const importParser = () =>
  Promise.all([import("./Markdown.ts"), import("micromark-util-decode-string")]).then(
    ([{ parseMarkdown }, { decodeString }]) => ({ parse: parseMarkdown, decode: decodeString })
  )

/** Loaded with the first text: at start it would cost time that most starts do not need. */
const kept = MutableRef.make<Awaited<ReturnType<typeof importParser>> | null>(null)

const load = Effect.suspend(() => {
  const parser = MutableRef.get(kept)
  return parser === null
    ? Effect.tap(Effect.promise(importParser), (loaded) => Effect.sync(() => MutableRef.set(kept, loaded)))
    : Effect.succeed(parser)
})

/** Line ends as Gitea reads them, and no mark of the byte order, which would shift every offset. */
const normalized = (text: string): string => text.replace(/^\uFEFF+/, "").replace(/\r\n?/g, "\n")

/**
 * Markdown of a model's, fit for a comment. What would act on Gitea no longer does: mentions, references to issues, pull requests and
 * commits (and with them closing words), links to issues, and hidden text is shown. Only prose is changed, by characters of no width,
 * a `/` after the path of a link to an issue, and `&lt;` for the `<` of a comment; code, diagrams, addresses and other links stay as
 * they are. A fence left open is closed. A text that is no sensible Markdown is shown whole as code. To disarm it again changes nothing.
 */
export const disarm = Effect.fn("disarm")(function* (text: string) {
  const { decode, parse } = yield* load
  const given = normalized(text)
  const whole = asCode(given) as Disarmed
  if (isCode(given)) return given as Disarmed
  if (isTangled(given)) return whole
  let source = given
  for (let pass = 0; pass < PASSES; pass++) {
    const markdown = parse(source)
    const next = close(carryOut(source, editsOf(source, markdown, decode)), markdown.unclosed)
    // A fence that was left open may have hidden a tangle's end.
    if (next === source) return isTangled(source) ? whole : (source as Disarmed)
    source = next
  }
  return whole
})
