import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { ModelClient } from "../anthropic/ModelClient.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Settings } from "../Settings.ts"
import { Holder } from "../storage/Holder.ts"

/** How long an answer about the store is good for: readiness is asked without authentication, and a commit costs a sync. */
const STORE_CHECK = "1 second"

export interface Component {
  readonly status: "ok" | "degraded" | "missing"
  readonly why?: string
}

export interface Report {
  /** False only when deliveries cannot be committed: a receiver taken out of rotation loses hooks. */
  readonly ready: boolean
  readonly components: Readonly<Record<"store" | "gitea" | "claude" | "worker", Component>>
}

const OK: Component = { status: "ok" }
const missing = (why: string): Component => ({ status: "missing", why })
const degraded = (why: string): Component => ({ status: "degraded", why })

/** What works and what does not, and why. */
export class Readiness extends Context.Service<Readiness, { readonly report: Effect.Effect<Report> }>()(
  "mosaic-coordinator/operator/Readiness"
) {
  static readonly layer = Layer.effect(
    Readiness,
    Effect.gen(function* () {
      const settings = yield* Settings
      const sql = yield* SqlClient.SqlClient
      const holder = yield* Holder
      const identity = yield* BotIdentity
      const client = yield* ModelClient

      // A real commit, because a full disk is not seen by reading.
      const store = yield* sql`update holder set token = token where token = ${holder.token}`.pipe(
        Effect.match({ onSuccess: () => OK, onFailure: () => degraded("the store cannot commit: look at the disk") }),
        Effect.cachedWithTTL(STORE_CHECK)
      )
      const gitea = Effect.map(identity.problem, (problem): Component => {
        if (settings.giteaToken === null) return missing("GITEA_TOKEN is not set: receive-only")
        return problem === null ? OK : degraded(problem)
      })
      const claude = Effect.map(client.health, (health): Component => {
        if (settings.anthropicKey === null) return missing("ANTHROPIC_API_KEY is not set: tasks wait in ready")
        return health === "ok" ? OK : degraded(health.message)
      })
      const worker: Component = settings.enabled
        ? OK
        : missing("COORDINATOR_ENABLED is false: deliveries are kept, nothing is started")

      const report = Effect.map(Effect.all({ store, gitea, claude }), (components) => ({
        ready: components.store.status === "ok",
        components: { ...components, worker }
      }))
      return { report }
    })
  )
}
