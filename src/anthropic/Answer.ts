import { Schema } from "effect"
import { Reply } from "../domain/Reply.ts"

/** What is read of the API's answers: `POST /v1/messages`, once it is whole. */
export const ReplyAnswer = Reply.pipe(Schema.encodeKeys({ stopReason: "stop_reason" }))

/** `POST /v1/messages/count_tokens` */
export const CountAnswer = Schema.Struct({ input_tokens: Schema.Int })

/** `GET /v1/models/{id}`. The compaction capability is listed only where its beta is asked for. */
export const ModelAnswer = Schema.Struct({
  max_input_tokens: Schema.NullOr(Schema.Int),
  max_tokens: Schema.NullOr(Schema.Int),
  capabilities: Schema.NullOr(
    Schema.Struct({
      compaction: Schema.optionalKey(
        Schema.NullOr(Schema.Struct({ summarize: Schema.Struct({ supported: Schema.Boolean }) }))
      )
    })
  )
})
