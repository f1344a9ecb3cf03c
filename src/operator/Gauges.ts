import { Clock, Context, Effect, Layer, Metric, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { TaskState } from "../domain/TaskState.ts"
import * as Metrics from "../telemetry/Metrics.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"

/** How long a reading is good for: metrics are asked for without authentication. */
const READING = "1 second"
/** Not zero, and not what it was. */
const UNKNOWN = NaN

interface Figures {
  tasksIn(state: TaskState): number
  readonly queueAge: number
  readonly outboxPending: number
}

const unknown: Figures = { tasksIn: () => UNKNOWN, queueAge: UNKNOWN, outboxPending: UNKNOWN }

/** The metrics that are read from the store and not counted as things happen. */
export class Gauges extends Context.Service<
  Gauges,
  {
    /** Sets them to what the store says, as of a second ago at most; to NaN when it cannot be read. */
    readonly refresh: Effect.Effect<void>
  }
>()("mosaic-coordinator/operator/Gauges") {
  static readonly layer = Layer.effect(
    Gauges,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient

      const states = SqlSchema.findAll({
        Request: Schema.Void,
        Result: Schema.Struct({ state: TaskState, count: Schema.Int }),
        execute: () => sql`select state, count(*) as count from tasks group by state`
      })

      const waiting = SqlSchema.findOne({
        Request: Schema.Void,
        Result: Schema.Struct({ readySince: Schema.NullOr(Schema.Int), pending: Schema.Int }),
        execute: () => sql`select (select min(ready_at) from tasks where state = 'ready') as ready_since,
          (select count(*) from outbox where state = 'pending') as pending`
      })

      const read = Effect.gen(function* () {
        const counts = new Map((yield* states()).map(({ count, state }) => [state, count]))
        const { pending, readySince } = yield* waiting().pipe(Effect.catchTag("NoSuchElementError", Effect.die))
        const now = yield* Clock.currentTimeMillis
        const figures: Figures = {
          tasksIn: (state) => counts.get(state) ?? 0,
          queueAge: readySince === null ? 0 : Math.max(0, now - readySince) / 1000,
          outboxPending: pending
        }
        return figures
      }).pipe(
        orStoreUnavailable,
        Effect.tapError((error) => Effect.logDebug("Gauges cannot be read", error)),
        Effect.orElseSucceed(() => unknown)
      )

      const set = Effect.fnUntraced(function* ({ outboxPending, queueAge, tasksIn }: Figures) {
        yield* Effect.forEach(TaskState.literals, (state) => Metric.update(Metrics.tasksIn(state), tasksIn(state)))
        yield* Metric.update(Metrics.queueAge, queueAge)
        yield* Metric.update(Metrics.outboxPending, outboxPending)
      })

      return { refresh: yield* Effect.cachedWithTTL(Effect.flatMap(read, set), READING) }
    })
  )
}
