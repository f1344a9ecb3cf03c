import { Schema } from "effect"
import { tokensOf, weigh } from "../domain/ContextUsage.ts"
import { Reply } from "../domain/Reply.ts"
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

/** What is read of the API's answers: `POST /v1/messages`, once it is whole. */
export const ReplyAnswer = Reply.pipe(Schema.encodeKeys({ stopReason: "stop_reason" }))

/** `POST /v1/messages/count_tokens` */
export const CountAnswer = Schema.Struct({ input_tokens: Schema.Int })

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))
const Capability = Schema.Struct({ supported: Schema.Boolean })

/** `GET /v1/models/{id}`; proxies leave parts of it out. The compaction capability is listed only where its beta is asked for. */
export const ModelAnswer = Schema.Struct({
  max_input_tokens: optional(Schema.Int),
  max_tokens: optional(Schema.Int),
  capabilities: optional(Schema.Struct({ compaction: optional(Schema.Struct({ summarize: optional(Capability) })) }))
})

/** The figures of a reply under way as the API says them; `output` is null until it does. */
export interface StreamFigures {
  readonly input: number
  readonly output: number | null
}

/** A reply under way. `written` is how much came so far, in bytes: text, thinking and tool input. */
export interface StreamProgress {
  readonly written: number
  readonly usage: StreamUsage
}

export const nothing: StreamProgress = { written: 0, usage: { input: 0, output: 0 } }

/** One event later, which brought `piece`. */
export const advance = (before: StreamProgress, piece: string, { input, output }: StreamFigures): StreamProgress => {
  const written = before.written + weigh(piece)
  return { written, usage: { input, output: output ?? tokensOf(written) } }
}
