import { Effect, Result } from "effect"
import { Hex } from "effect/encoding"
import { Mac } from "effect/crypto"
import { invalid } from "./ApiError.ts"
import type { ApiError } from "./ApiError.ts"

/** Signs compaction blocks and proves that one comes back as it was given out. */
export interface Signature {
  sign(content: string): Effect.Effect<string>
  /** Fails with `compaction_signature_invalid` or `compaction_content_mismatch`. */
  verify(block: { readonly content: string; readonly signature: string }): Effect.Effect<void, ApiError>
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const fromHex = (text: string): Uint8Array => Result.getOrElse(Hex.decode(text), () => new Uint8Array())

/** A signature with its own random key. Its first half stands for the text, its second half proves the first. */
export const makeSignature: Effect.Effect<Signature, never, Mac.Mac> = Effect.gen(function* () {
  const mac = yield* Mac.Mac
  const key = yield* Effect.orDie(mac.generateKey(Mac.hmacSha256))
  const tag = (text: string) => Effect.orDie(Effect.map(mac.sign(key, bytes(text)), Hex.encode))
  const matches = (hex: string, text: string) => Effect.orDie(mac.verify(key, fromHex(hex), bytes(text)))

  return {
    sign: Effect.fnUntraced(function* (content) {
      const recorded = yield* tag(content)
      return `${recorded}.${yield* tag(recorded)}`
    }),
    verify: Effect.fnUntraced(function* ({ content, signature }) {
      const [recorded = "", proof = ""] = signature.split(".")
      if (!(yield* matches(proof, recorded))) {
        return yield* invalid("compaction: the signature does not verify", "compaction_signature_invalid")
      }
      if (!(yield* matches(recorded, content))) {
        return yield* invalid("compaction: the content differs from what was signed", "compaction_content_mismatch")
      }
    })
  }
})
