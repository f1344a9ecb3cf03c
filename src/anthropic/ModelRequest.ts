import type { Message } from "../domain/Transcript.ts"

/** One conversation as it is sent. `tools` is the JSON text of the tools array; `canCompact` sends the compaction beta. */
export interface ModelRequest {
  readonly model: string
  readonly system: string
  readonly tools: string
  readonly messages: ReadonlyArray<Message>
  readonly canCompact: boolean
}

/** Tokens of a reply under way: `input` is exact; `output` is estimated from what came so far until the API says it. */
export interface StreamUsage {
  readonly input: number
  readonly output: number
}

/** Tokens a model takes and gives, and whether it can summarise on demand. */
export interface ModelInfo {
  readonly window: number
  readonly maxOutput: number
  readonly canCompact: boolean
}
