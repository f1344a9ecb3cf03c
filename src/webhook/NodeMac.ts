import { NodeCrypto } from "@effect/platform-node"
import { Layer } from "effect"
import { Mac } from "effect/crypto"
import { createHmac, createSecretKey } from "node:crypto"
import type { KeyObject } from "node:crypto"

const imported = new WeakMap<Uint8Array, KeyObject>()

const importOnce = (key: Uint8Array): KeyObject => {
  const known = imported.get(key) ?? createSecretKey(key)
  imported.set(key, known)
  return known
}

/** `NodeCrypto.layerMac` with each key imported once, which costs twice what the HMAC of a delivery does (Node 24). */
export const layer = Mac.layerWebCryptoWith({
  hmac: (hash, key, data) => createHmac(hash.replace("-", ""), importOnce(key)).update(data).digest()
}).pipe(Layer.provide(NodeCrypto.layerSecureRandom))
