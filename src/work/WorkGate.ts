import { Context, Effect, Layer, Schedule } from "effect"
import { ModelClient } from "../anthropic/ModelClient.ts"
import type { ModelAuth } from "../anthropic/ModelError.ts"
import type { ModelHealth } from "../anthropic/ModelHealth.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Settings } from "../Settings.ts"

/** A refused key is seen to work again when a run that still goes on uses it. */
const LOOK_AT_KEY = Schedule.spaced("1 second")

const isRefused = (health: ModelHealth): health is ModelAuth => health !== "ok" && health._tag === "ModelAuth"

/** Whether work may begin. */
export class WorkGate extends Context.Service<
  WorkGate,
  {
    /** Null when it may, else why not: a key that is missing or refused, or an identity that Gitea has not confirmed. */
    readonly closed: Effect.Effect<string | null>
    /** Waits until it may. */
    readonly opened: Effect.Effect<void>
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
        return isRefused(health)
          ? `${health.message}. Restart the coordinator with a valid key`
          : yield* identity.problem
      })

      const accepted = client.health.pipe(
        Effect.repeat({ until: (health) => !isRefused(health), schedule: LOOK_AT_KEY })
      )
      const opened =
        enabled && anthropicKey !== null ? Effect.asVoid(Effect.andThen(identity.confirmed, accepted)) : Effect.never

      return { closed, opened }
    })
  )
}
