import { Context, Effect, FileSystem, Layer, Redacted, Schema } from "effect"
import type { PlatformError } from "effect"
import { SecureRandom } from "effect/crypto"
import { Hex } from "effect/encoding"
import { Settings } from "../Settings.ts"
import { SHORT } from "../SettingsText.ts"
import { besideStore, writePrivate } from "../storage/PrivateFile.ts"

const BYTES = 32

/** The token that was made at the first start cannot be used. */
export class OperatorTokenUnusable extends Schema.TaggedError<OperatorTokenUnusable>()("OperatorTokenUnusable", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `The operator token in ${this.file} cannot be used (${this.detail}): delete the file to have a new one made, or set OPERATOR_TOKEN`
  }
}

/** Kept from the first start on, where `OPERATOR_TOKEN` is not set, for its owner alone to read. */
const keep = Effect.fnUntraced(function* (file: string, made: string) {
  const fs = yield* FileSystem.FileSystem
  yield* writePrivate(file, `${made}\n`)
  const kept = (yield* fs.readFileString(file)).trim()
  if (kept.length < SHORT)
    return yield* new OperatorTokenUnusable({ file, detail: `it is shorter than ${SHORT} characters` })
  yield* Effect.logInfo("The token of the operator API is in a file").pipe(Effect.annotateLogs({ path: file }))
  return kept
})

/** What an operator has to send. */
export class OperatorToken extends Context.Service<OperatorToken, Redacted.Redacted>()(
  "mosaic-coordinator/operator/OperatorToken"
) {
  /** `OPERATOR_TOKEN`, or one made at the first start and kept beside the store; with a store in memory it ends with the process. */
  static readonly layer = Layer.effect(
    OperatorToken,
    Effect.gen(function* () {
      const { database, operatorToken } = yield* Settings
      if (operatorToken !== null) return operatorToken
      const made = Hex.encode(yield* (yield* SecureRandom.SecureRandom).randomBytes(BYTES))
      const file = besideStore(database, "operator-token")
      if (file === null) return Redacted.make(made)
      const unusable = (error: PlatformError.PlatformError) =>
        new OperatorTokenUnusable({ file, detail: error.message })
      return Redacted.make(yield* keep(file, made).pipe(Effect.catchTag("PlatformError", (error) => unusable(error))))
    })
  )
}
