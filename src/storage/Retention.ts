import { Clock, Duration, Effect, Layer, Schedule } from "effect"
import type { SqlError } from "effect/sql"
import { SqlClient } from "effect/sql"
import type { Downtime } from "../domain/Gap.ts"
import { steadyMillis } from "./SteadyClock.ts"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

const DAILY = Schedule.spaced("1 day")
/** In one run at most a quarter of a table goes, or so many rows where that is more. */
const SHARE = 4
const AT_LEAST = 1_000

/** A longer time without a sign of life, which ended within the last day, may be a jump of the clock. */
const LONGEST_AWAY = Duration.toMillis(Duration.days(3))
const DAY = Duration.toMillis(Duration.days(1))
/** By how much the clock may be ahead of the time that has passed, or behind it. */
const DRIFT = Duration.toMillis(Duration.hours(1))

/** What the owner of a table takes out of it. */
export interface Retention {
  /** Whose rows they are, for the log. */
  readonly of: string
  /** `before` gives the moment (milliseconds) that is so long ago. Tells how many rows of what were taken. Part of the job's transaction. */
  clean(
    before: (age: Duration.Duration) => number
  ): Effect.Effect<Readonly<Record<string, number>>, SqlError.SqlError | StoreUnavailable>
}

/** How many of so many rows may go in one run. */
export const shareOf = (rows: number): number => Math.max(AT_LEAST, Math.floor(rows / SHARE))

/** The same for a table, as a limit in SQL. Numbers are bound as floating point, and SQLite takes no such limit with a fraction. */
export const shareOfTable = (sql: SqlClient.SqlClient, table: string) =>
  sql`(select cast(max(${AT_LEAST}, count(*) / ${SHARE}) as integer) from ${sql(table)})`

/** Carries a statement out, and tells how many rows it changed. */
export const changing = <E>(sql: SqlClient.SqlClient, statement: Effect.Effect<unknown, E>) =>
  Effect.map(Effect.andThen(statement, sql<{ rows: number }>`select changes() as rows`), ([row]) => row?.rows ?? 0)

/** What the clock said (milliseconds), and what had passed by the one that only goes on. */
export interface Moment {
  readonly wall: number
  readonly steady: number
}

/**
 * Pure: why the clock may be wrong, or null. At a start that is told by a long time before it without a sign of life, and later by
 * the time that has passed since the run before. A clock that stays as it is, is believed a day later.
 */
export const doubt = (now: Moment, before: Moment | null, downtimes: ReadonlyArray<Downtime>): string | null => {
  if (before !== null) {
    const jump = now.wall - before.wall - (now.steady - before.steady)
    return Math.abs(jump) > DRIFT ? "it has jumped since the day before" : null
  }
  const isOdd = ({ from, to }: Downtime) =>
    from > 0 && to > now.wall - DAY && (to - from > LONGEST_AWAY || from - to > DRIFT)
  return downtimes.some(isOdd) ? "it says that the coordinator was away for days, or starts before it ended" : null
}

/**
 * The one daily job: at start and every day, takes out of the store what is past its time, and says what. Nothing goes while the
 * clock is in doubt. A table that fails stops no other.
 */
export const retentionJob = <E, R, E2, R2>(
  downtimes: Effect.Effect<ReadonlyArray<Downtime>, E2, R2>,
  owners: ReadonlyArray<Effect.Effect<Retention, E, R>>
) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const all = yield* Effect.all(owners)
      const context = yield* Effect.context<R2>()
      let before: Moment | null = null

      const clean = (one: Retention, now: number) =>
        one
          .clean((age) => now - Duration.toMillis(age))
          .pipe(
            sql.withTransaction,
            Effect.tap((taken) =>
              Object.values(taken).some((rows) => rows > 0)
                ? Effect.annotateLogs(Effect.logInfo("Old rows removed"), taken)
                : Effect.void
            ),
            Effect.catchCause((cause) => Effect.logError("Retention failed", cause)),
            Effect.annotateLogs({ of: one.of })
          )

      const run = Effect.gen(function* () {
        const now = { wall: yield* Clock.currentTimeMillis, steady: yield* steadyMillis }
        const why = doubt(now, before, before === null ? yield* downtimes : [])
        before = now
        if (why !== null) {
          return yield* Effect.annotateLogs(Effect.logWarning("Nothing old removed: the clock may be wrong"), { why })
        }
        yield* Effect.forEach(all, (one) => clean(one, now.wall), { discard: true })
      }).pipe(Effect.catchCause((cause) => Effect.logError("Retention failed", cause)))

      yield* run.pipe(Effect.repeat(DAILY), Effect.provideContext(context), Effect.forkScoped)
    })
  )
