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

/** Characters a token is taken for where nothing better is known: rather too few, so that an estimate errs upwards. */
const CHARACTERS_PER_TOKEN = 3

export const estimateTokens = (text: string): number => Math.ceil(text.length / CHARACTERS_PER_TOKEN)

/** A share for people to read. */
export const percent = (ratio: number, digits = 0): string => `${(ratio * 100).toFixed(digits)} %`
