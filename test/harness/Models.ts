import { Effect, Layer } from "effect"
import { ModelClient } from "../../src/anthropic/ModelClient.ts"
import type { Tries } from "../../src/anthropic/ModelClient.ts"
import type { ModelInfo } from "../../src/anthropic/ModelRequest.ts"
import type { Block, Reply, ReplyUsage } from "../../src/domain/Reply.ts"

/** A model with a window of 200,000 tokens that can compact. */
export const MODEL_INFO: ModelInfo = { window: 200_000, maxOutput: 16_000, canCompact: true }

/** Claude with only the members a test gives; it is well and knows every model as `MODEL_INFO`. Any other call dies. */
export const models = (members: Partial<Omit<ModelClient["Service"], "layer">> = {}): Layer.Layer<ModelClient> =>
  Layer.mock(ModelClient, {
    info: () => Effect.succeed(MODEL_INFO),
    health: Effect.succeed("ok" as const),
    probe: () => Effect.void,
    ...members
  })

/** Lets a paid call be tried as often as it likes. */
export const anyTries: Tries<never> = {
  begin: Effect.void,
  failed: () => Effect.void,
  onUsage: () => Effect.void
}

/** What a reply without caching reports: tokens in, tokens out. */
export const usage = (input = 100, output = 10): ReplyUsage => ({ input_tokens: input, output_tokens: output })

export const text = (words: string): Block => ({ type: "text", text: words })

export const toolUse = (name: string, input: Block[string] = {}, id = `toolu_${name}`): Block => ({
  type: "tool_use",
  id,
  name,
  input
})

export const compactionBlock = (summary: string): Block => ({
  type: "compaction",
  content: summary,
  encrypted_content: null,
  signature: "signed"
})

/** A finished reply: a text, or blocks. Stops for its tool calls where it has any, else at the end of its turn. */
export const reply = (content: string | ReadonlyArray<Block>, fields: Partial<Reply> = {}): Reply => {
  const blocks = typeof content === "string" ? [text(content)] : content
  const stopReason = blocks.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn"
  return { content: blocks, stopReason, usage: usage(), ...fields }
}

/** A compaction that brought a summary; its figures are a bill and not a size. */
export const compaction = (summary: string): Reply => ({
  content: [compactionBlock(summary)],
  stopReason: "compaction",
  usage: { ...usage(0, 0), iterations: [{ type: "compaction", ...usage(1_000, 100) }] }
})
