import { Clock, Context, Duration, Effect, Layer, Metric, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { adviceFor, downIn, GapCause, SLACK, tellingActions } from "../domain/Gap.ts"
import type { Received } from "../domain/Gap.ts"
import { FullName } from "../domain/Repository.ts"
import { TaskId } from "../domain/Task.ts"
import type { Task } from "../domain/Task.ts"
import { TaskState } from "../domain/TaskState.ts"
import * as Metrics from "../telemetry/Metrics.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { NOT_OURS } from "./Verdict.ts"

/** A repair that no delivery is known to have told of, found then (milliseconds); `state` is where it brought the task. */
export const Suspect = Schema.Struct({
  id: Schema.Int,
  taskId: TaskId,
  fullName: FullName,
  foundAt: Schema.Int,
  state: TaskState
})
export type Suspect = typeof Suspect.Type

/** What is found out about one, in milliseconds. `downFrom` is null when the coordinator had never run before. */
export const Explanation = Schema.Struct({
  cause: GapCause,
  downFrom: Schema.NullOr(Schema.Int),
  downTo: Schema.NullOr(Schema.Int),
  happenedAt: Schema.NullOr(Schema.Int)
})
export type Explanation = typeof Explanation.Type

/** A change that no delivery told of. */
export const Gap = Schema.Struct({ ...Suspect.fields, ...Explanation.fields })
export type Gap = typeof Gap.Type

type Repaired = Pick<Task, "id" | "fullName" | "state">

/** How long before its repair a change of unknown time may have been told of. */
const UNKNOWN_SPAN = Duration.toMillis(Duration.days(1))

/** The gaps of intake, each with its probable cause. */
export class Gaps extends Context.Service<
  Gaps,
  {
    /** Notes a repair, to be explained later. Part of the caller's transaction. */
    suspect(task: Repaired): Effect.Effect<void, StoreUnavailable>
    /** What is to be explained, oldest first, at most 100. */
    readonly suspected: Effect.Effect<ReadonlyArray<Suspect>, StoreUnavailable>
    /** Whether a delivery told of the change after all, whatever became of it, unless the bot was not assigned yet. */
    told(suspect: Suspect, happenedAt: number | null): Effect.Effect<boolean, StoreUnavailable>
    /** What came from a repository, before and since then. */
    received(fullName: FullName, happenedAt: number | null): Effect.Effect<Received, StoreUnavailable>
    dismiss(suspect: Suspect): Effect.Effect<void, StoreUnavailable>
    record(suspect: Suspect, explanation: Explanation): Effect.Effect<void, StoreUnavailable>
    /** Those of a task, newest first. */
    ofTask(task: string, count: number): Effect.Effect<ReadonlyArray<Gap>, StoreUnavailable>
    /** Found since then (milliseconds), newest first, at most 100. */
    since(at: number): Effect.Effect<ReadonlyArray<Gap>, StoreUnavailable>
  }
>()("mosaic-coordinator/event/Gaps") {
  static readonly layer = Layer.effect(
    Gaps,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { findOfTask, findSince, suspected } = queriesOf(sql)

      const suspect = Effect.fn("Gaps.suspect")(function* ({ fullName, id, state }: Repaired) {
        const now = yield* Clock.currentTimeMillis
        yield* sql`insert into gaps (task_id, full_name, found_at, state) values (${id}, ${fullName}, ${now}, ${state})`
      }, orStoreUnavailable)

      const told = Effect.fn("Gaps.told")(function* ({ foundAt, state, taskId }: Suspect, happenedAt: number | null) {
        const from = happenedAt === null ? foundAt - UNKNOWN_SPAN : happenedAt - SLACK
        const rows = yield* sql`select 1 from deliveries
          where task_id = ${taskId} and received_at >= ${from} and ${sql.in("action", tellingActions(state))}
            and coalesce(reason, '') <> ${NOT_OURS} limit 1`
        return rows.length > 0
      }, orStoreUnavailable)

      const received = Effect.fn("Gaps.received")(function* (fullName: FullName, happenedAt: number | null) {
        const from = (happenedAt ?? 0) - SLACK
        const [row] = yield* sql<{ before: number; assignments: number; since: number }>`select
          exists (select 1 from deliveries where full_name = ${fullName} and received_at < ${from}) as before,
          exists (select 1 from deliveries where full_name = ${fullName} and action in ('assigned', 'unassigned')) as assignments,
          exists (select 1 from deliveries where full_name = ${fullName} and received_at >= ${from}) as since`
        return { before: row?.before === 1, assignments: row?.assignments === 1, since: row?.since === 1 }
      }, orStoreUnavailable)

      const record = Effect.fn("Gaps.record")(function* ({ foundAt, id, state, taskId }: Suspect, it: Explanation) {
        yield* sql`update gaps set cause = ${it.cause}, down_from = ${it.downFrom}, down_to = ${it.downTo},
          happened_at = ${it.happenedAt} where id = ${id}`
        yield* Metric.update(Metrics.gap(it.cause), 1)
        if (it.happenedAt !== null) {
          yield* Metric.update(Metrics.repair, Duration.toSeconds(Duration.millis(foundAt - it.happenedAt)))
        }
        yield* Effect.logWarning("Missed delivery repaired").pipe(
          Effect.annotateLogs({ task: taskId, cause: it.cause, ...downIn(it), state, advice: adviceFor[it.cause] })
        )
      }, orStoreUnavailable)

      return {
        suspect,
        suspected: orStoreUnavailable(suspected()),
        told,
        received,
        dismiss: ({ id }) => Effect.asVoid(orStoreUnavailable(sql`delete from gaps where id = ${id}`)),
        record,
        ofTask: Effect.fn("Gaps.ofTask")(
          (task: string, count: number) => findOfTask({ task, count }),
          orStoreUnavailable
        ),
        since: Effect.fn("Gaps.since")(findSince, orStoreUnavailable)
      }
    })
  )
}

const queriesOf = (sql: SqlClient.SqlClient) => {
  const suspected = SqlSchema.findAll({
    Request: Schema.Void,
    Result: Suspect,
    execute: () =>
      sql`select id, task_id, full_name, found_at, state from gaps where cause is null order by id limit 100`
  })

  const explained = sql.literal("id, task_id, full_name, cause, down_from, down_to, happened_at, found_at, state")
  const findSince = SqlSchema.findAll({
    Request: Schema.Int,
    Result: Gap,
    execute: (at) =>
      sql`select ${explained} from gaps where found_at >= ${at} and cause is not null order by id desc limit 100`
  })

  const findOfTask = SqlSchema.findAll({
    Request: Schema.Struct({ task: Schema.String, count: Schema.Int }),
    Result: Gap,
    execute: ({ count, task }) => sql`select ${explained} from gaps where task_id = ${task} and cause is not null
      order by id desc limit ${count}`
  })
  return { suspected, findSince, findOfTask }
}
