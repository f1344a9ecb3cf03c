import { Context, Duration, Effect, Layer, Ref, Schedule } from "effect"
import { concernsAccount } from "../anthropic/ModelError.ts"
import type { AccountError } from "../anthropic/ModelError.ts"
import { ModelClient } from "../anthropic/ModelClient.ts"
import type { ModelHealth } from "../anthropic/ModelHealth.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Gitea } from "../gitea/Gitea.ts"
import { Settings } from "../Settings.ts"
import { backoff } from "../telemetry/Trouble.ts"

/** How soon it is seen that a run which still goes on was answered. */
const LOOK = Schedule.spaced("1 second")
/** Until Claude is asked again for the first time; twice as long each time, and five minutes at most. */
const FIRST_PROBE = Duration.seconds(10)

const isRefused = (health: ModelHealth): health is AccountError => health !== "ok" && concernsAccount(health)

/** Whether work may begin. */
export class WorkGate extends Context.Service<
  WorkGate,
  {
    /**
     * Null when it may, else why not: a key that is missing, an identity that Gitea has not confirmed, a token without a scope, or a
     * key, an account or a model that Claude refuses.
     */
    readonly closed: Effect.Effect<string | null>
    /**
     * Waits until it may. While Claude refuses, it is asked again by a free call, with growing pauses; when that is answered, one
     * caller is let through, whose paid call shows whether the gate is open.
     */
    readonly opened: Effect.Effect<void>
    /** Whether nobody could be answered: runs end before their next paid call. */
    readonly unanswerable: Effect.Effect<boolean>
  }
>()("mosaic-coordinator/work/WorkGate") {
  static readonly layer = Layer.effect(
    WorkGate,
    Effect.gen(function* () {
      const { enabled, anthropicKey, model } = yield* Settings
      const gitea = yield* Gitea
      const identity = yield* BotIdentity
      const client = yield* ModelClient
      const probes = yield* Ref.make(0)

      const closed = Effect.gen(function* () {
        if (!enabled) return "COORDINATOR_ENABLED is false: deliveries are kept, nothing is started"
        if (anthropicKey === null) return "ANTHROPIC_API_KEY is not set"
        const lacking = yield* gitea.lacking
        if (lacking !== null) return `nobody could be answered: ${lacking.detail}`
        const health = yield* client.health
        return isRefused(health)
          ? `${health.message}. Tasks wait, and go on by themselves when Claude accepts it`
          : yield* identity.problem
      })

      const accepted = client.health.pipe(
        Effect.repeat({ until: (health) => !isRefused(health), schedule: LOOK }),
        Effect.as(true)
      )

      /** Whether a paid call may be tried after the next pause. */
      const probe = Ref.updateAndGet(probes, (count) => count + 1).pipe(
        Effect.flatMap((count) => Effect.sleep(backoff(FIRST_PROBE, count))),
        Effect.andThen(client.probe(model)),
        Effect.match({ onSuccess: () => true, onFailure: () => false })
      )

      const answered = Effect.gen(function* () {
        if (isRefused(yield* client.health)) return yield* Effect.raceFirst(accepted, probe)
        yield* Ref.set(probes, 0)
        return true
      }).pipe(Effect.repeat({ until: (may) => may }))

      const answerable = Effect.repeat(gitea.lacking, { until: (error) => error === null, schedule: LOOK })
      const opened =
        enabled && anthropicKey !== null
          ? Effect.asVoid(Effect.all([identity.confirmed, answerable, answered]))
          : Effect.never

      return { closed, opened, unanswerable: Effect.map(gitea.lacking, (error) => error !== null) }
    })
  )
}
