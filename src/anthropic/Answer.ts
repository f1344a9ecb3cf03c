import { Schema } from "effect"
import { Reply } from "../domain/Reply.ts"

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
