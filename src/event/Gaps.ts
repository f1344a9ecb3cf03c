import { Clock, Context, Effect, Layer, Metric, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { adviceFor, GapCause } from "../domain/Gap.ts"
import { FullName } from "../domain/Repository.ts"
import { TaskId } from "../domain/Task.ts"
import { TaskState } from "../domain/TaskState.ts"
import * as Metrics from "../Metrics.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"

/** A change that no delivery told of. Times in milliseconds; `state` is where the task was brought by the repair. */
export const Gap = Schema.Struct({
  taskId: TaskId,
  fullName: FullName,
  cause: GapCause,
  downFrom: Schema.NullOr(Schema.Int),
  downTo: Schema.NullOr(Schema.Int),
  happenedAt: Schema.NullOr(Schema.Int),
  foundAt: Schema.Int,
  state: TaskState
})
export type Gap = typeof Gap.Type

/** What came from a repository so far. */
export interface Received {
  readonly any: boolean
  readonly assignments: boolean
}

const MILLIS_PER_SECOND = 1000

/** The gaps of intake, each with its probable cause. */
export class Gaps extends Context.Service<
  Gaps,
  {
    record(gap: Omit<Gap, "foundAt">): Effect.Effect<void, StoreUnavailable>
    received(fullName: FullName): Effect.Effect<Received, StoreUnavailable>
    /** Found since then (milliseconds), newest first, at most 100. */
    since(at: number): Effect.Effect<ReadonlyArray<Gap>, StoreUnavailable>
  }
>()("mosaic-coordinator/event/Gaps") {
  static readonly layer = Layer.effect(
    Gaps,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient

      const record = Effect.fn("Gaps.record")(function* (gap: Omit<Gap, "foundAt">) {
        const now = yield* Clock.currentTimeMillis
        yield* sql`insert into gaps (task_id, full_name, cause, down_from, down_to, happened_at, found_at, state)
          values (${gap.taskId}, ${gap.fullName}, ${gap.cause}, ${gap.downFrom}, ${gap.downTo}, ${gap.happenedAt}, ${now},
            ${gap.state})`
        yield* Metric.update(Metrics.gap(gap.cause), 1)
        if (gap.happenedAt !== null) yield* Metric.update(Metrics.repair, (now - gap.happenedAt) / MILLIS_PER_SECOND)
        yield* Effect.logWarning("Gap in the deliveries repaired").pipe(
          Effect.annotateLogs({ task: gap.taskId, cause: gap.cause, state: gap.state, advice: adviceFor[gap.cause] })
        )
      }, orStoreUnavailable)

      const received = Effect.fn("Gaps.received")(function* (fullName: FullName) {
        const [row] = yield* sql<{ any: number; assignments: number }>`select
          exists (select 1 from deliveries where full_name = ${fullName}) as "any",
          exists (select 1 from deliveries where full_name = ${fullName} and action in ('assigned', 'unassigned')) as assignments`
        return { any: row?.any === 1, assignments: row?.assignments === 1 }
      }, orStoreUnavailable)

      const findSince = SqlSchema.findAll({
        Request: Schema.Int,
        Result: Gap,
        execute: (at) => sql`select task_id, full_name, cause, down_from, down_to, happened_at, found_at, state
          from gaps where found_at >= ${at} order by id desc limit 100`
      })

      return { record, received, since: Effect.fn("Gaps.since")(findSince, orStoreUnavailable) }
    })
  )
}
