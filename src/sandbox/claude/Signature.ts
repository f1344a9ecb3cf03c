import { Effect, Ref, Result } from "effect"
import { Hex } from "effect/encoding"
import { Mac } from "effect/crypto"
import { invalid } from "./ApiError.ts"
import type { ApiError } from "./ApiError.ts"

/** Signs compaction blocks and thinking, and proves that they come back as they were given out. */
export interface Signature {
  sign(content: string): Effect.Effect<string>
  /** Fails with `compaction_signature_invalid` or `compaction_content_mismatch`. */
  verify(block: { readonly content: string; readonly signature: string }): Effect.Effect<void, ApiError>
  signThinking(thinking: string): Effect.Effect<string>
  provesThinking(thinking: string, signature: string): Effect.Effect<boolean>
  /** From now on no thinking that was signed before is accepted. */
  readonly forgetThinking: Effect.Effect<void>
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const fromHex = (text: string): Uint8Array => Result.getOrElse(Hex.decode(text), () => new Uint8Array())

/** A signature with its own random key. Its first half stands for the text, its second half proves the first. */
export const makeSignature: Effect.Effect<Signature, never, Mac.Mac> = Effect.gen(function* () {
  const mac = yield* Mac.Mac
  const key = yield* Effect.orDie(mac.generateKey(Mac.hmacSha256))
  const tag = (text: string) => Effect.orDie(Effect.map(mac.sign(key, bytes(text)), Hex.encode))
  const matches = (hex: string, text: string) => Effect.orDie(mac.verify(key, fromHex(hex), bytes(text)))
  const age = yield* Ref.make(0)
  const aged = (thinking: string) => Effect.map(Ref.get(age), (now) => `thinking ${now} ${thinking}`)

  return {
    signThinking: (thinking) => Effect.flatMap(aged(thinking), tag),
    provesThinking: (thinking, signature) => Effect.flatMap(aged(thinking), (text) => matches(signature, text)),
    forgetThinking: Ref.update(age, (now) => now + 1),
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
