import { Schema } from "effect"

/** A line of the coordinator's JSON log, as far as the demo tells of it. */
export const LogLine = Schema.Struct({
  message: Schema.Unknown,
  level: Schema.String,
  annotations: Schema.Struct({
    delivery: Schema.optionalKey(Schema.String),
    action: Schema.optionalKey(Schema.NullOr(Schema.String)),
    task: Schema.optionalKey(Schema.NullOr(Schema.String)),
    session: Schema.optionalKey(Schema.String),
    model: Schema.optionalKey(Schema.String),
    limit: Schema.optionalKey(Schema.Int),
    used: Schema.optionalKey(Schema.NullOr(Schema.Int)),
    source: Schema.optionalKey(Schema.NullOr(Schema.String)),
    by: Schema.optionalKey(Schema.String),
    cause: Schema.optionalKey(Schema.String),
    to: Schema.optionalKey(Schema.String),
    stopReason: Schema.optionalKey(Schema.String),
    edited: Schema.optionalKey(Schema.Boolean),
    way: Schema.optionalKey(Schema.String),
    snapshot: Schema.optionalKey(Schema.String),
    pull: Schema.optionalKey(Schema.Int),
    branch: Schema.optionalKey(Schema.String)
  })
})
export type LogLine = typeof LogLine.Type

export const decodeLogLine = Schema.decodeUnknownOption(Schema.fromJsonString(LogLine))

/** The sentence of a line; Effect logs several parts as an array. */
export const sentence = ({ message }: LogLine): string => String(Array.isArray(message) ? message[0] : message)
