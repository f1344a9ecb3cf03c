import { Clock, Context, Effect, Exit, Layer, Metric, Request, RequestResolver, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ContextAction, decideAction } from "../domain/ContextAction.ts"
import { percent, UsageSource } from "../domain/ContextUsage.ts"
import type { ContextUsage } from "../domain/ContextUsage.ts"
import { SessionId } from "../domain/Session.ts"
import * as Metrics from "../telemetry/Metrics.ts"
import { Settings } from "../Settings.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { LiveSession } from "./LiveSessions.ts"

/** Who looked: the monitor's tick, or the session itself before a request. */
export const SampledBy = Schema.Literals(["tick", "request"])
export type SampledBy = typeof SampledBy.Type

/** What a look found; `figure` tells whether that is news. */
interface Look {
  readonly live: LiveSession
  readonly usage: ContextUsage | null
  readonly action: ContextAction
  readonly figure: string
}

const Rows = Schema.fromJsonString(
  Schema.Array(
    Schema.Struct({
      session: SessionId,
      used: Schema.NullOr(Schema.Int),
      limit: Schema.Int,
      source: Schema.NullOr(UsageSource),
      by: SampledBy,
      action: ContextAction
    })
  )
)
const encodeRows = Schema.encodeEffect(Rows)

const rowOf = ({ live, usage, action }: Look) => ({
  session: live.session.id,
  used: usage?.used ?? null,
  limit: live.session.limit,
  source: usage?.source ?? null,
  action
})

class Keep extends Request.TaggedClass("Keep")<
  { readonly news: ReadonlyArray<Look>; readonly by: SampledBy },
  void,
  StoreUnavailable
> {}

const tell = Effect.fnUntraced(function* (look: Look, by: SampledBy) {
  const { usage } = look
  if (usage !== null) yield* Metric.update(Metrics.contextRatio, usage.ratio)
  yield* Effect.logInfo("Context sampled").pipe(
    Effect.annotateLogs({
      ...rowOf(look),
      task: look.live.session.task,
      ratio: usage === null ? "unknown" : percent(usage.ratio, 1),
      by
    })
  )
})

/** Usage over time: every look decides, and is stored and logged when the figure or the action changed. */
export class UsageLog extends Context.Service<
  UsageLog,
  {
    sample(live: LiveSession, by: SampledBy): Effect.Effect<ContextAction, StoreUnavailable>
    /** Looks at many in one transaction; the actions in the order of the sessions. */
    sampleAll(
      live: ReadonlyArray<LiveSession>,
      by: SampledBy
    ): Effect.Effect<ReadonlyArray<ContextAction>, StoreUnavailable>
  }
>()("mosaic-coordinator/context/UsageLog") {
  static readonly layer = Layer.effect(
    UsageLog,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const policy = yield* Settings
      const newest = new WeakMap<LiveSession, string>()

      const look = Effect.fnUntraced(function* (live: LiveSession): Effect.fn.Return<Look> {
        const usage = yield* live.usage
        const action = decideAction(usage, yield* live.canCompact, policy)
        return { live, usage, action, figure: `${usage?.used} ${action}` }
      })

      const insert = Effect.fnUntraced(function* (kept: ReadonlyArray<Keep>) {
        const at = yield* Clock.currentTimeMillis
        const rows = yield* encodeRows(kept.flatMap(({ by, news }) => news.map((one) => ({ ...rowOf(one), by }))))
        yield* sql`insert into samples (session_id, at, used, "limit", source, "by", action) select value ->> 'session', ${at},
            value ->> 'used', value ->> 'limit', value ->> 'source', value ->> 'by', value ->> 'action'
          from json_each(${rows})`
      }, orStoreUnavailable)

      // What comes at once shares one sync of the disk, the dearest part; when that fails, the trouble is that of one.
      const resolver = RequestResolver.make<Keep>((entries) => {
        const each = Effect.forEach(entries, (entry) => Request.completeEffect(entry, insert([entry.request])), {
          discard: true
        })
        const all = insert(entries.map(({ request }) => request)).pipe(
          Effect.andThen(Effect.forEach(entries, Request.succeed(undefined), { discard: true }))
        )
        return entries.length === 1 ? each : Effect.catch(all, () => each)
      })

      const sampleAll = Effect.fn("UsageLog.sampleAll")(function* (live: ReadonlyArray<LiveSession>, by: SampledBy) {
        const looks = yield* Effect.forEach(live, look)
        const news = looks.filter((one) => newest.get(one.live) !== one.figure)
        // At once, or another look would take it for news until it is stored.
        news.forEach((one) => newest.set(one.live, one.figure))
        if (news.length > 0) {
          yield* Effect.onExit(Effect.request(new Keep({ news, by }), resolver), (exit) =>
            Exit.isSuccess(exit) ? Effect.void : Effect.sync(() => news.forEach(({ live: it }) => newest.delete(it)))
          )
        }
        yield* Effect.forEach(news, (one) => tell(one, by), { discard: true })
        return looks.map(({ action }) => action)
      })

      return {
        sampleAll,
        sample: (live, by) => Effect.map(sampleAll([live], by), ([action]) => action ?? "continue")
      }
    })
  )
}
