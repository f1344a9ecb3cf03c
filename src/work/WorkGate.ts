import { Context, Effect, Layer } from "effect"
import { ModelClient } from "../anthropic/ModelClient.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Settings } from "../Settings.ts"

/** Whether work may begin. */
export class WorkGate extends Context.Service<
  WorkGate,
  {
    /** Null when it may, else why not: a key that is missing or refused, or an identity that Gitea has not confirmed. */
    readonly closed: Effect.Effect<string | null>
  }
>()("mosaic-coordinator/work/WorkGate") {
  static readonly layer = Layer.effect(
    WorkGate,
    Effect.gen(function* () {
      const { enabled, anthropicKey } = yield* Settings
      const identity = yield* BotIdentity
      const client = yield* ModelClient
      const closed = Effect.gen(function* () {
        if (!enabled) return "COORDINATOR_ENABLED is false: deliveries are kept, nothing is started"
        if (anthropicKey === null) return "ANTHROPIC_API_KEY is not set"
        const health = yield* client.health
        return health !== "ok" && health._tag === "ModelAuth"
          ? `${health.message}. Start the coordinator again with a key that is`
          : yield* identity.problem
      })
      return { closed }
    })
  )
}
