import { Schema } from "effect"
import { User } from "./User.ts"

/** A comment on an issue, as Gitea's API gives it. Its times are a help and no condition. */
export const Comment = Schema.Struct({
  id: Schema.Int,
  user: User,
  body: Schema.String,
  createdAt: Schema.Unknown.pipe(Schema.optionalKey),
  updatedAt: Schema.Unknown.pipe(Schema.optionalKey)
}).pipe(Schema.encodeKeys({ createdAt: "created_at", updatedAt: "updated_at" }))
export type Comment = typeof Comment.Type

/** The hidden line by which one of our comments is found again before a write is repeated. */
export const markerOf = (key: string): string => `<!-- mosaic ${key} -->`

/** First in a comment, where no text can swallow it; last in those of earlier releases. */
const MARKERS = [/^<!-- mosaic [^>]+ -->\n/, /<!-- mosaic [^>]+ -->\n?$/]

/** Changes the text of a comment, and leaves its marker as it is: by another nobody would find it again. */
export const mapText = (body: string, change: (text: string) => string): string => {
  const marker = MARKERS.map((pattern) => pattern.exec(body)).find((match) => match !== null)
  if (marker === undefined) return change(body)
  const end = marker.index + marker[0].length
  return marker.index === 0 ? marker[0] + change(body.slice(end)) : change(body.slice(0, marker.index)) + marker[0]
}

/** What readers see of one of our comments. */
export const textOf = (body: string): string => MARKERS.reduce((text, marker) => text.replace(marker, ""), body).trim()

/** Whether a comment carries the marker, where only the marker can stand. */
export const isMarked = (body: string, key: string): boolean =>
  body.startsWith(markerOf(key)) || body.trimEnd().endsWith(markerOf(key))

/** Believed only in a comment of the bot's own numeric id: anybody can write a marker. */
export const findMarked = (comments: ReadonlyArray<Comment>, botId: number, key: string): Comment | undefined =>
  comments.find(({ user, body }) => user.id === botId && isMarked(body, key))

/** A finished comment body: the marker, and the text. */
export const withMarker = (key: string, text: string): string => `${markerOf(key)}\n\n${text}\n`
