import { Effect, Schema, SchemaTransformation } from "effect"

export const MAX_PAGE = 500
const DEFAULT_PAGE = 50

const Limit = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: MAX_PAGE }))

/** The place in a list after which its next page begins, opaque to callers: base64url of the list's name and a row number. */
export const cursorOf = (list: string) =>
  Schema.StringFromBase64Url.check(Schema.isPattern(new RegExp(`^${list} \\d{1,15}$`))).pipe(
    Schema.decodeTo(
      Schema.Natural,
      SchemaTransformation.transform({
        decode: (text) => Number(text.slice(list.length + 1)),
        encode: (position) => `${list} ${position}`
      })
    )
  )

/** How a page of a list is asked for. */
export const pageQuery = (list: string) => ({
  limit: Limit.pipe(Schema.withDecodingDefaultKey(Effect.succeed(DEFAULT_PAGE))),
  cursor: Schema.optionalKey(cursorOf(list))
})

/** A part of a list: at most `limit` rows, all older than `cursor`. */
export interface PageQuery {
  readonly limit: number
  readonly cursor?: number
}
