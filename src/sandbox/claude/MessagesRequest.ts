import { Schema } from "effect"

/** Fields that are not modelled are kept as they came: they weigh in the count and belong to the record of requests. */
const open = <const Fields extends Schema.Struct.Fields>(fields: Fields) =>
  Schema.StructWithRest(Schema.Struct(fields), [Schema.Record(Schema.String, Schema.Unknown)])

/** One content block of any kind. */
export const ContentBlock = open({
  type: Schema.String,
  text: Schema.optionalKey(Schema.String),
  id: Schema.optionalKey(Schema.String),
  name: Schema.optionalKey(Schema.String),
  input: Schema.optionalKey(Schema.Json),
  tool_use_id: Schema.optionalKey(Schema.String),
  content: Schema.optionalKey(Schema.Json),
  is_error: Schema.optionalKey(Schema.Boolean),
  signature: Schema.optionalKey(Schema.NullOr(Schema.String))
})
export type ContentBlock = typeof ContentBlock.Type

export const InputMessage = open({
  role: Schema.Literals(["user", "assistant"]),
  content: Schema.Union([Schema.String, Schema.Array(ContentBlock)])
})
export type InputMessage = typeof InputMessage.Type

/** Body of `POST /v1/messages` and of `POST /v1/messages/count_tokens`, as sent. */
export const MessagesRequest = open({
  model: Schema.String,
  messages: Schema.Array(InputMessage),
  max_tokens: Schema.optionalKey(Schema.Int),
  system: Schema.optionalKey(Schema.Json),
  tools: Schema.optionalKey(Schema.Array(open({ name: Schema.optionalKey(Schema.String) }))),
  stream: Schema.optionalKey(Schema.Boolean),
  cache_control: Schema.optionalKey(Schema.Json),
  compaction: Schema.optionalKey(
    Schema.NullOr(
      Schema.Struct({
        type: Schema.Literal("summarize"),
        instructions: Schema.optionalKey(Schema.NullOr(Schema.String))
      })
    )
  ),
  tool_choice: Schema.optionalKey(Schema.NullOr(open({ type: Schema.String }))),
  stop_sequences: Schema.optionalKey(Schema.Json),
  context_management: Schema.optionalKey(Schema.Json),
  output_config: Schema.optionalKey(Schema.NullOr(open({ format: Schema.optionalKey(Schema.Json) })))
})
export type MessagesRequest = typeof MessagesRequest.Type

/** The blocks of a message; a string stands for one text block. */
export const blocksOf = ({ content }: InputMessage): ReadonlyArray<ContentBlock> =>
  typeof content === "string" ? [{ type: "text", text: content }] : content
