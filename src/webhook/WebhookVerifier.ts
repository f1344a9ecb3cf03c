import { NodeCrypto } from "@effect/platform-node"
import { Context, Effect, Layer, Redacted, Result, Schema } from "effect"
import { Mac } from "effect/crypto"
import { Hex } from "effect/encoding"
import { createHmac, createSecretKey } from "node:crypto"
import type { KeyObject } from "node:crypto"
import { Settings } from "../Settings.ts"

const imported = new WeakMap<Uint8Array, KeyObject>()

const importOnce = (key: Uint8Array): KeyObject => {
  const known = imported.get(key) ?? createSecretKey(key)
  imported.set(key, known)
  return known
}

/** `NodeCrypto.layerMac` with each key imported once, which costs twice what the HMAC of a delivery does (Node 24). */
const MacWithKeptKeys = Mac.layerWebCryptoWith({
  hmac: (hash, key, data) => createHmac(hash.replace("-", ""), importOnce(key)).update(data).digest()
}).pipe(Layer.provide(NodeCrypto.layerSecureRandom))

/** Nobody who knows a secret of the hook signed this body. Says nothing about how it failed. */
export class InvalidSignature extends Schema.TaggedError<InvalidSignature>()("InvalidSignature", {}) {
  override get message() {
    return "X-Gitea-Signature does not match the body: compare the hook's secret with GITEA_WEBHOOK_SECRET"
  }
}

/** Proves that a delivery was signed with a secret shared with Gitea. */
export class WebhookVerifier extends Context.Service<
  WebhookVerifier,
  {
    /** `signature` is the HMAC-SHA256 of the raw bytes in hex. Compared in constant time, with the present and the previous secret. */
    verify(signature: string, body: Uint8Array): Effect.Effect<void, InvalidSignature>
  }
>()("mosaic-coordinator/webhook/WebhookVerifier") {
  static readonly layer = Layer.effect(
    WebhookVerifier,
    Effect.gen(function* () {
      const mac = yield* Mac.Mac
      const { previousSecret, webhookSecret } = yield* Settings
      const secrets = previousSecret === null ? [webhookSecret] : [webhookSecret, previousSecret]
      const keys = yield* Effect.forEach(secrets, (secret) =>
        Mac.key(Mac.hmacSha256, new TextEncoder().encode(Redacted.value(secret)))
      ).pipe(Effect.orDie)

      // Untraced: a span costs as much as the HMAC itself, and everybody who sends anything causes one.
      const verify = Effect.fnUntraced(function* (signature: string, body: Uint8Array) {
        const tag = Hex.decode(signature)
        if (Result.isFailure(tag)) return yield* new InvalidSignature()
        const matches = yield* Effect.forEach(keys, (key) => mac.verify(key, tag.success, body)).pipe(Effect.orDie)
        if (!matches.includes(true)) return yield* new InvalidSignature()
      })

      return { verify }
    })
  ).pipe(Layer.provide(MacWithKeptKeys))
}
