import { Schema } from "effect"
import type { ContextUsage } from "./ContextUsage.ts"

/** Summarise the conversation from this share of the context limit on. */
export const COMPACT_THRESHOLD = 0.8
/** Go on in a fresh session from this share of the context limit on. */
export const ROTATE_THRESHOLD = 0.95

/** What is to be done about a session's context. */
export const ContextAction = Schema.Literals(["continue", "compact", "rotate"])
export type ContextAction = typeof ContextAction.Type

export interface ContextPolicy {
  readonly compactAt: number
  readonly rotateAt: number
}

/**
 * Rotation is looked at first. A session that cannot be compacted, because the model has no on-demand compaction or because
 * the last one did not bring it under the threshold, rotates where it would have compacted. Unknown usage decides nothing.
 */
export const decideAction = (usage: ContextUsage | null, canCompact: boolean, policy: ContextPolicy): ContextAction => {
  if (usage === null || usage.ratio < policy.compactAt) return "continue"
  return usage.ratio >= policy.rotateAt || !canCompact ? "rotate" : "compact"
}

const RANK: Record<ContextAction, number> = { continue: 0, compact: 1, rotate: 2 }

/** The stronger of two actions. */
export const strongest = (a: ContextAction, b: ContextAction): ContextAction => (RANK[a] >= RANK[b] ? a : b)
