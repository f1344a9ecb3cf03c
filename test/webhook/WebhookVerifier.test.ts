import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { readFile } from "node:fs/promises"
import { WebhookVerifier } from "../../src/webhook/WebhookVerifier.ts"
import { signatureOf } from "../harness/Deliveries.ts"
import { settings } from "../harness/TestSettings.ts"

const verifierWith = (previousSecret: string | null) =>
  WebhookVerifier.layer.pipe(
    Layer.provide(settings({ previousSecret: previousSecret === null ? null : Redacted.make(previousSecret) }))
  )

const body = new TextEncoder().encode(`{"title":"caf\u00e9"}`)

const accepts = Effect.fnUntraced(function* (signature: string, bytes: Uint8Array = body) {
  const verifier = yield* WebhookVerifier
  return yield* verifier.verify(signature, bytes).pipe(
    Effect.as(true),
    Effect.catchTag("InvalidSignature", () => Effect.succeed(false))
  )
})

describe("WebhookVerifier", () => {
  it.effect.each([
    ["issues-assigned.json", "6a58992390c4d47e6d3b82cc0f2b66631322819af9919dcc6e9ed54b704e66be"],
    ["issues-closed.json", "dab6e6e4b8cf2080ba3af25947dfb1ca03bf754a11ab115409c18b4d36d23f82"],
    ["push.json", "340fb9b217326108c045be867e0dbb0c4ce9ec4b25db371785a0c8f381965e14"]
  ] as const)("accepts the known signature of %s", ([file, signature]) =>
    Effect.gen(function* () {
      const bytes = yield* Effect.promise(() => readFile(new URL(`../fixtures/gitea/${file}`, import.meta.url)))
      assert.isTrue(yield* accepts(signature, bytes))
      assert.isTrue(yield* accepts(signature.toUpperCase(), bytes))
      assert.isFalse(yield* accepts(signature, bytes.subarray(1)))
    }).pipe(Effect.provide(verifierWith(null)))
  )

  it.effect("accepts the previous secret while it is set, and the present one always", () =>
    Effect.gen(function* () {
      assert.isTrue(yield* accepts(signatureOf(body)))
      assert.isTrue(yield* accepts(signatureOf(body, "the one before")))
      assert.isFalse(yield* accepts(signatureOf(body, "another")))
    }).pipe(Effect.provide(verifierWith("the one before")))
  )

  it.effect("rejects signatures of another body, another secret or the wrong length", () =>
    Effect.gen(function* () {
      assert.isFalse(yield* accepts(signatureOf("{}")))
      assert.isFalse(yield* accepts(signatureOf(body, "the one before")))
      assert.isFalse(yield* accepts(signatureOf(body).slice(2)))
      assert.isFalse(yield* accepts(`${signatureOf(body)}00`))
      assert.isFalse(yield* accepts(""))
      assert.isFalse(yield* accepts("not hexadecimal"))
    }).pipe(Effect.provide(verifierWith(null)))
  )
})
