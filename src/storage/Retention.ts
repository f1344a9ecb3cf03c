import { Clock, Duration, Effect, Layer, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { OVER } from "../domain/TaskState.ts"

/** How long things are kept. Tasks and their transitions stay. */
const DELIVERY_BODIES = Duration.days(30)
const DELIVERY_ROWS = Duration.days(180)
const ENDED_JOURNALS = Duration.days(30)
/** Samples older than this are thinned to those that asked for something. */
const ALL_SAMPLES = Duration.days(7)
const DAILY = Schedule.spaced("1 day")

/** The one daily job: takes out of the store what is past its time. Waiting deliveries and open sessions are never touched. */
export const Retention = Layer.effectDiscard(
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient

    const clean = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const before = (age: Duration.Duration) => now - Duration.toMillis(age)
      const ended = sql`select sessions.id from sessions join tasks on tasks.id = sessions.task_id
        where ${sql.in("tasks.state", OVER)} and tasks.updated_at < ${before(ENDED_JOURNALS)}`
      yield* sql`update deliveries set body = null
        where status <> 'accepted' and body is not null and received_at < ${before(DELIVERY_BODIES)}`
      yield* sql`delete from deliveries where status <> 'accepted' and received_at < ${before(DELIVERY_ROWS)}`
      yield* sql`delete from journal where session_id in (${ended})`
      yield* sql`delete from samples where action = 'continue' and at < ${before(ALL_SAMPLES)}`
      yield* sql`delete from gaps where found_at < ${before(DELIVERY_ROWS)}`
      yield* sql`delete from outbox where state <> 'pending' and key not like '% progress'
        and created_at < ${before(DELIVERY_ROWS)}`
    }).pipe(
      sql.withTransaction,
      Effect.catchCause((cause) => Effect.logError("Retention failed", cause))
    )

    yield* clean.pipe(Effect.repeat(DAILY), Effect.forkScoped)
  })
)
