import { contextTokens } from "../domain/Reply.ts"
import type { Reply } from "../domain/Reply.ts"
import { ContextUsage } from "../domain/ContextUsage.ts"
import type { UsageSource } from "../domain/ContextUsage.ts"

/** From this share of the limit on, an estimate is not good enough and is counted. */
export const COUNT_FROM = 0.7

/**
 * What a session knows of its context: the figure, and for which version of the history it was measured. Each change of the
 * history is a new version, so that a count which arrives late cannot pass for a count of what is there now.
 */
export interface Meter {
  readonly used: number | null
  readonly source: UsageSource
  readonly at: number
  readonly version: number
  readonly measured: number | null
  readonly streaming: boolean
}

export const unmeasured: Meter = {
  used: null,
  source: "estimate",
  at: 0,
  version: 0,
  measured: null,
  streaming: false
}

/** A conversation in which nothing was said yet: there is nothing to count. */
export const blank: Meter = { ...unmeasured, measured: 0 }

export const usageOf = ({ used, source, at }: Meter, limit: number): ContextUsage | null =>
  used === null ? null : new ContextUsage({ used, limit, source, at })

/** Estimated tokens that the next request will carry besides what was measured. */
export const appended = (meter: Meter, tokens: number, at: number): Meter => ({
  ...meter,
  used: meter.used === null ? null : meter.used + tokens,
  source: "estimate",
  at,
  version: meter.version + 1
})

/** A reply under way: all input and the output so far. */
export const streamed = (meter: Meter, used: number, at: number): Meter => ({
  ...meter,
  used,
  source: "stream",
  at,
  streaming: true
})

/** A reply that will not be finished leaves nothing behind: its figure is worth no more. */
export const cut = (meter: Meter): Meter =>
  meter.streaming ? { ...meter, used: null, measured: null, streaming: false } : meter

export const replied = (meter: Meter, reply: Reply, at: number): Meter => {
  const used = contextTokens(reply.usage)
  const version = meter.version + 1
  return { used, source: "reply", at, version, measured: used === null ? null : version, streaming: false }
}

/** The bill of a compaction is not a size: unknown until it is counted. */
export const compacted = (meter: Meter): Meter => ({ ...unmeasured, version: meter.version + 1 })

/** A count of the history as it was at `version`; a late one changes nothing. */
export const counted = (meter: Meter, version: number, used: number, at: number): Meter =>
  meter.version === version && !meter.streaming ? { ...meter, used, source: "count", at, measured: version } : meter

/** Whether `count_tokens` can change the answer. */
export const needsCount = (meter: Meter, limit: number): boolean =>
  !meter.streaming && meter.measured !== meter.version && (meter.used === null || meter.used / limit >= COUNT_FROM)
