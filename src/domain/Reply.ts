import { Schema } from "effect"

/** The bill and the size of one reply, as the Messages API reports it (both cache fields may be null). */
const Tokens = {
  input_tokens: Schema.Int,
  output_tokens: Schema.Int,
  cache_read_input_tokens: Schema.NullOr(Schema.Int).pipe(Schema.optionalKey),
  cache_creation_input_tokens: Schema.NullOr(Schema.Int).pipe(Schema.optionalKey)
}

export const ReplyUsage = Schema.Struct({
  ...Tokens,
  iterations: Schema.NullOr(Schema.Array(Schema.Struct({ type: Schema.String, ...Tokens }))).pipe(Schema.optionalKey)
})
export type ReplyUsage = typeof ReplyUsage.Type

type TokenCounts = Pick<
  ReplyUsage,
  "input_tokens" | "output_tokens" | "cache_read_input_tokens" | "cache_creation_input_tokens"
>

const sum = (counts: TokenCounts): number =>
  counts.input_tokens +
  (counts.cache_read_input_tokens ?? 0) +
  (counts.cache_creation_input_tokens ?? 0) +
  counts.output_tokens

/**
 * Tokens in the context after a reply. The last `message` iteration where there are iterations, because the top level adds up
 * server-side loops; null after a compaction, whose figures are a bill and not a size.
 */
export const contextTokens = (usage: ReplyUsage): number | null => {
  const iterations = usage.iterations ?? []
  if (iterations.length === 0) return sum(usage)
  const last = iterations.findLast(({ type }) => type === "message" || type === "fallback_message")
  return last === undefined ? null : sum(last)
}

/** Tokens of the request that a reply answers; 0 where its figures are no size. */
export const inputTokens = (usage: ReplyUsage): number => {
  const size = contextTokens(usage)
  return size === null ? 0 : size - usage.output_tokens
}

export type TokenKind = "input" | "cache_read" | "cache_creation" | "output"

/** Tokens paid for by a reply, by kind: every iteration, compaction included. */
export const bill = (usage: ReplyUsage): Readonly<Record<TokenKind, number>> => {
  const iterations = usage.iterations ?? []
  const parts: ReadonlyArray<TokenCounts> = iterations.length === 0 ? [usage] : iterations
  const total = (field: keyof TokenCounts) => parts.reduce((all, part) => all + (part[field] ?? 0), 0)
  return {
    input: total("input_tokens"),
    cache_read: total("cache_read_input_tokens"),
    cache_creation: total("cache_creation_input_tokens"),
    output: total("output_tokens")
  }
}

export const billedTokens = (usage: ReplyUsage): number =>
  Object.values(bill(usage)).reduce((all, tokens) => all + tokens, 0)

/** A content block as received: kept verbatim, because a compaction block and thinking are signed byte for byte. */
export const Block = Schema.Record(Schema.String, Schema.Json)
export type Block = typeof Block.Type

export const ToolUse = Schema.Struct({
  type: Schema.Literal("tool_use"),
  id: Schema.String,
  name: Schema.String,
  input: Schema.Json
})
export type ToolUse = typeof ToolUse.Type

const TextBlock = Schema.Struct({ type: Schema.Literal("text"), text: Schema.String })
const isToolUse = Schema.is(ToolUse)
const isText = Schema.is(TextBlock)

export const toolUses = (content: ReadonlyArray<Block>): ReadonlyArray<ToolUse> => content.filter(isToolUse)

export const textOf = (content: ReadonlyArray<Block>): string =>
  content
    .filter(isText)
    .map(({ text }) => text)
    .join("\n")
    .trim()

/** One finished reply of the model. */
export const Reply = Schema.Struct({
  content: Schema.Array(Block),
  stopReason: Schema.String,
  usage: ReplyUsage
})
export type Reply = typeof Reply.Type
