import { Context, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { Hex } from "effect/encoding"

const TOKEN_BYTES = 20

/** The one account with a token: the first user of the server, id 1. */
export class Bot extends Context.Service<
  Bot,
  {
    readonly id: number
    readonly login: string
    /** 40 hex digits, another one at every start. */
    readonly token: string
  }
>()("mosaic-coordinator/sandbox/gitea/Bot") {
  static readonly layer = Layer.effect(
    Bot,
    Effect.gen(function* () {
      const random = yield* SecureRandom.SecureRandom
      return { id: 1, login: "mosaic", token: Hex.encode(yield* random.randomBytes(TOKEN_BYTES)) }
    })
  )
}
