import { Schema } from "effect"
import { User } from "./User.ts"

/** A comment on an issue, as Gitea's API gives it. */
export const Comment = Schema.Struct({ id: Schema.Int, user: User, body: Schema.String })
export type Comment = typeof Comment.Type

/** The hidden line by which one of our comments is found again before a write is repeated. */
export const markerOf = (key: string): string => `<!-- mosaic ${key} -->`

const MARKER = /<!-- mosaic [^>]+ -->\n$/

/** Changes the text of a comment, and leaves its marker as it is: by another nobody would find it again. */
export const mapText = (body: string, change: (text: string) => string): string => {
  const marker = MARKER.exec(body)?.[0] ?? ""
  return change(body.slice(0, body.length - marker.length)) + marker
}

/** Believed only in a comment of the bot's own numeric id: anybody can write a marker. */
export const findMarked = (comments: ReadonlyArray<Comment>, botId: number, key: string): Comment | undefined =>
  comments.find(({ user, body }) => user.id === botId && body.includes(markerOf(key)))

/** Characters of a comment body, well under what Gitea stores. */
const MAX_BODY = 60_000

/** Blocks between lines of backticks, and spans of one line. What only looks like code must not hide a mention. */
const CODE = /(^ {0,3}```[^`\n]*\n[\s\S]*?(?:^ {0,3}`{3,}\s*?$|(?![\s\S]))|(?<![`\\])`[^`\n]+`(?!`))/m

/** Model text for a comment: no hidden comments (so no forged marker), and no mention that would notify people, outside code. */
export const escapeMarkdown = (text: string): string =>
  text
    .split(CODE)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(/@(?=[\w-])/g, "@\u200b")))
    .join("")
    .replaceAll("<!--", "&lt;!--")
    .replaceAll("-->", "--&gt;")

/** A finished comment body: the text, cut with a note when it is too long, and the marker. */
export const withMarker = (key: string, text: string): string => {
  const cut =
    text.length > MAX_BODY ? `${text.slice(0, MAX_BODY).toWellFormed()}\n\n*(cut: the text was longer)*` : text
  return `${cut}\n\n${markerOf(key)}\n`
}
