import type { Schema } from "effect"
import type { InputTokens } from "./Tokens.ts"
import { outputTokens } from "./Tokens.ts"

/** What the model says to one request. */
export interface Reply {
  readonly content: ReadonlyArray<
    | { readonly type: "text"; readonly text: string }
    | { readonly type: "tool_use"; readonly name: string; readonly input: Schema.Json; readonly id?: string }
    /** Signed by the stand-in, unless it is given a signature; an empty one says that it was cut. */
    | { readonly type: "thinking"; readonly thinking: string; readonly signature?: string }
  >
  /** Default: `tool_use` where the content has one, else `end_turn`. */
  readonly stopReason?: string
  /** Tokens billed as output where they are to be more than the content weighs. */
  readonly outputTokens?: number
}

/** A signed summary; sent back byte for byte, first in `messages`. */
export interface CompactionBlock {
  readonly type: "compaction"
  readonly content: string
  readonly encrypted_content: null
  readonly signature: string
}

/** A content block as the API answers it. */
export type OutputBlock =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: Schema.Json }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | CompactionBlock

const counts = ({ input, cacheRead, cacheCreation }: InputTokens, output: number) => ({
  input_tokens: input,
  output_tokens: output,
  cache_read_input_tokens: cacheRead,
  cache_creation_input_tokens: cacheCreation,
  cache_creation: { ephemeral_5m_input_tokens: cacheCreation, ephemeral_1h_input_tokens: 0 }
})
type Counts = ReturnType<typeof counts>

/** `Message` of the Messages API. */
export interface OutputMessage {
  readonly id: string
  readonly type: "message"
  readonly role: "assistant"
  readonly model: string
  readonly content: ReadonlyArray<OutputBlock>
  readonly stop_reason: string
  readonly stop_sequence: null
  readonly usage: Counts & { readonly iterations: ReadonlyArray<Counts & { readonly type: "compaction" }> | null }
}

interface Answered {
  readonly id: string
  readonly model: string
  readonly input: InputTokens
}

const NOTHING: InputTokens = { input: 0, cacheRead: 0, cacheCreation: 0 }

/** The message for a reply and its blocks as they go out. */
export const toMessage = (
  { id, model, input }: Answered,
  reply: Reply,
  content: ReadonlyArray<OutputBlock>
): OutputMessage => {
  return {
    id,
    type: "message",
    role: "assistant",
    model,
    content,
    stop_reason: reply.stopReason ?? (content.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn"),
    stop_sequence: null,
    usage: {
      ...counts(input, Math.max(outputTokens(content), reply.outputTokens ?? 0)),
      iterations: null
    }
  }
}

/** The message for a compaction. The top level is 0; the bill is the one iteration, which is not the size of a context. */
export const toCompaction = (
  { id, model, input }: Answered,
  content: ReadonlyArray<CompactionBlock>,
  stopReason: string
): OutputMessage => ({
  id,
  type: "message",
  role: "assistant",
  model,
  content,
  stop_reason: stopReason,
  stop_sequence: null,
  usage: {
    ...counts(NOTHING, 0),
    iterations: [{ type: "compaction", ...counts(input, outputTokens(content)) }]
  }
})
