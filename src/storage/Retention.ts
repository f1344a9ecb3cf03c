import { Clock, Duration, Effect, Layer, Schedule } from "effect"
import type { SqlError } from "effect/sql"
import { SqlClient } from "effect/sql"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

const DAILY = Schedule.spaced("1 day")

/** What the owner of a table takes out of it. */
export interface Retention {
  /** Whose rows they are, for the log. */
  readonly of: string
  /** `before` gives the moment (milliseconds) that is so long ago. Part of the job's transaction. */
  clean(before: (age: Duration.Duration) => number): Effect.Effect<void, SqlError.SqlError | StoreUnavailable>
}

/** The one daily job: at start and every day, takes out of the store what is past its time. A table that fails stops no other. */
export const retentionJob = <E, R>(owners: ReadonlyArray<Effect.Effect<Retention, E, R>>) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const all = yield* Effect.all(owners)

      const clean = (one: Retention) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => one.clean((age) => now - Duration.toMillis(age))).pipe(
          sql.withTransaction,
          Effect.catchCause((cause) => Effect.logError("Retention failed", cause)),
          Effect.annotateLogs({ of: one.of })
        )

      yield* Effect.forEach(all, clean, { discard: true }).pipe(Effect.repeat(DAILY), Effect.forkScoped)
    })
  )
