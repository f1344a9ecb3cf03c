import { Clock, Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { decideAction } from "../domain/ContextAction.ts"
import type { ContextAction } from "../domain/ContextAction.ts"
import type { ContextUsage } from "../domain/ContextUsage.ts"
import type { SessionId } from "../domain/Session.ts"
import { Settings } from "../Settings.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { LiveSession } from "./Sessions.ts"

/** Who looked: the monitor's tick, or the session itself before a request. */
export type SampledBy = "tick" | "request"

const percent = (usage: ContextUsage | null) => (usage === null ? "unknown" : `${(usage.ratio * 100).toFixed(1)} %`)

/** Usage over time: every look decides, and is stored and logged when the figure or the action changed. */
export class Samples extends Context.Service<
  Samples,
  { sample(live: LiveSession, by: SampledBy): Effect.Effect<ContextAction, StoreUnavailable> }
>()("mosaic-coordinator/session/Samples") {
  static readonly layer = Layer.effect(
    Samples,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const policy = yield* Settings
      const newest = new WeakMap<LiveSession, string>()

      const store = Effect.fnUntraced(function* (
        session: SessionId,
        limit: number,
        usage: ContextUsage | null,
        by: SampledBy,
        action: ContextAction
      ) {
        const at = yield* Clock.currentTimeMillis
        yield* sql`insert into samples (session_id, at, used, "limit", source, "by", action)
          values (${session}, ${at}, ${usage?.used ?? null}, ${limit}, ${usage?.source ?? null}, ${by}, ${action})`
        yield* Effect.logInfo("Context sampled").pipe(
          Effect.annotateLogs({
            session,
            used: usage?.used,
            limit,
            ratio: percent(usage),
            source: usage?.source,
            by,
            action
          })
        )
      }, orStoreUnavailable)

      const sample = Effect.fn("Samples.sample")(function* (live: LiveSession, by: SampledBy) {
        const usage = yield* live.usage
        const action = decideAction(usage, yield* live.canCompact, policy)
        const figure = `${usage?.used} ${action}`
        if (newest.get(live) !== figure) {
          yield* store(live.session.id, live.session.limit, usage, by, action)
          newest.set(live, figure)
        }
        return action
      })

      return { sample }
    })
  )
}
