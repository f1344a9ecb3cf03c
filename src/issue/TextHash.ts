import { Effect } from "effect"
import { Digest } from "effect/crypto"
import type { Issue } from "../domain/Issue.ts"

/** SHA-256 of an issue's text, in hex: what tells whether it is still the one that was seen. */
export const makeTextHash = Effect.map(
  Digest.Digest,
  (digest) =>
    ({ body }: Issue): Effect.Effect<string> =>
      Effect.orDie(digest.digestHex(Digest.sha256, new TextEncoder().encode(body)))
)
