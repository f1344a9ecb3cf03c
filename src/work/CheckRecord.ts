import { Schema } from "effect"

/** What the checks of a tree said that passed, as it is kept with it. */
export const CheckRecord = Schema.fromJsonString(
  Schema.Struct({
    /** Nobody named the checks. */
    guessed: Schema.Boolean,
    checks: Schema.Array(Schema.Struct({ name: Schema.String, passed: Schema.Boolean, seconds: Schema.Finite }))
  })
)
export const encodeRecord = Schema.encodeEffect(CheckRecord)
export const decodeRecord = Schema.decodeEffect(CheckRecord)
