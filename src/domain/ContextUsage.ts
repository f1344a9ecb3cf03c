import { Schema } from "effect"

/** Where a figure comes from: a finished reply, a reply under way, `count_tokens`, or our own estimate of what was appended. */
export const UsageSource = Schema.Literals(["reply", "stream", "count", "estimate"])
export type UsageSource = typeof UsageSource.Type

/** How full a session's context is, in tokens, at a moment in milliseconds since the epoch. Unknown usage is `null`, never 0. */
export class ContextUsage extends Schema.Class<ContextUsage>("ContextUsage")({
  used: Schema.Natural,
  limit: Schema.Int.check(Schema.isGreaterThan(0)),
  source: UsageSource,
  at: Schema.Int
}) {
  get ratio(): number {
    return this.used / this.limit
  }
}

/**
 * Bytes of UTF-8 that a token is taken for where nothing better is known: rather too few, so that an estimate errs upwards. So a token
 * is three Latin letters, or one and a half Cyrillic ones, or one Chinese character.
 */
const BYTES_PER_TOKEN = 3

const weightOf = (unit: number): number => {
  if (unit < 0x80) return 1
  // Half of a surrogate pair.
  return unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3
}

/** The bytes of a text in UTF-8. Those of two texts add up to those of both together. */
export const weigh = (text: string): number => {
  let weight = 0
  for (let index = 0; index < text.length; index++) weight += weightOf(text.charCodeAt(index))
  return weight
}

export const tokensOf = (weight: number): number => Math.ceil(weight / BYTES_PER_TOKEN)

export const estimateTokens = (text: string): number => tokensOf(weigh(text))

/** As much of the beginning of a text as fits into a number of estimated tokens. */
export const startWithin = (text: string, tokens: number): string => {
  let room = tokens * BYTES_PER_TOKEN
  let length = 0
  while (length < text.length && (room -= weightOf(text.charCodeAt(length))) >= 0) length++
  return text.slice(0, length)
}

/** A share for people to read. */
export const percent = (ratio: number, digits = 0): string => `${(ratio * 100).toFixed(digits)} %`
