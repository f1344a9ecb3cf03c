import { Duration, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Retention } from "../storage/Retention.ts"

/** Samples older than this are thinned to those that asked for something. */
const ALL_SAMPLES = Duration.days(7)

export const UsageRetention = Effect.map(SqlClient.SqlClient, (sql): Retention => ({
  of: "samples",
  clean: Effect.fnUntraced(function* (before) {
    yield* sql`delete from samples where action = 'continue' and at < ${before(ALL_SAMPLES)}`
  })
}))
