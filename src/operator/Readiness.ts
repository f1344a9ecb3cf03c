import { Clock, Context, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { ModelClient } from "../anthropic/ModelClient.ts"
import { adviceFor } from "../domain/Gap.ts"
import { Gaps } from "../event/Gaps.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Gitea } from "../gitea/Gitea.ts"
import { Settings } from "../Settings.ts"
import { Holder } from "../storage/Holder.ts"

/** How long an answer about the store is good for: readiness is asked without authentication, and a commit costs a sync. */
const STORE_CHECK = "1 second"
/** How long a gap in the deliveries is worth knowing. */
const RECENT = Duration.days(1)

export interface Component {
  readonly status: "ok" | "degraded" | "missing"
  readonly why?: string
}

export interface Report {
  /** False only when deliveries cannot be committed: a receiver taken out of rotation loses hooks. */
  readonly ready: boolean
  readonly components: Readonly<Record<"store" | "gitea" | "claude" | "worker" | "intake", Component>>
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
      const adapter = yield* Gitea
      const gaps = yield* Gaps

      // A real commit, because a full disk is not seen by reading.
      const store = yield* sql`update holder set token = token where token = ${holder.token}`.pipe(
        Effect.match({ onSuccess: () => OK, onFailure: () => degraded("the store cannot commit: look at the disk") }),
        Effect.cachedWithTTL(STORE_CHECK)
      )
      const gitea = Effect.gen(function* () {
        if (settings.giteaToken === null) return missing("GITEA_TOKEN is not set: receive-only")
        const problem = (yield* identity.problem) ?? (yield* adapter.health)?.message
        return problem === undefined ? OK : degraded(problem)
      })
      const claude = Effect.map(client.health, (health): Component => {
        if (settings.anthropicKey === null) return missing("ANTHROPIC_API_KEY is not set: tasks wait in ready")
        return health === "ok" ? OK : degraded(health.message)
      })
      const worker: Component = settings.enabled
        ? OK
        : missing("COORDINATOR_ENABLED is false: deliveries are kept, nothing is started")

      const unreadable = sql`select 1 from tasks where unreadable_since is not null limit 1`
      const recent = Effect.flatMap(Clock.currentTimeMillis, (now) => gaps.since(now - Duration.toMillis(RECENT)))
      const intake = Effect.gen(function* () {
        if ((yield* unreadable).length > 0)
          return degraded("issues of tasks cannot be read: see the log, and the bot's access")
        const found = yield* recent
        const causes = [...new Set(found.map(({ cause }) => `${cause} (${adviceFor[cause]})`))]
        return found.length === 0 ? OK : degraded(`deliveries were missed in the last day: ${causes.join("; ")}`)
      }).pipe(
        Effect.orElseSucceed(() => degraded("the store cannot be read")),
        Effect.cachedWithTTL(STORE_CHECK)
      )

      const report = Effect.map(Effect.all({ store, gitea, claude, intake: yield* intake }), (components) => ({
        ready: components.store.status === "ok",
        components: { ...components, worker }
      }))
      return { report }
    })
  )
}
