import { Duration, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { changing, shareOfTable } from "../storage/Retention.ts"
import type { Retention } from "../storage/Retention.ts"

/** Samples older than this are thinned to those that asked for something. */
const ALL_SAMPLES = Duration.days(7)

export const UsageRetention = Effect.map(SqlClient.SqlClient, (sql): Retention => ({
  of: "samples",
  clean: Effect.fnUntraced(function* (before) {
    const samples = yield* changing(
      sql,
      sql`delete from samples where id in (select id from samples where action = 'continue' and at < ${before(ALL_SAMPLES)}
        order by id limit ${shareOfTable(sql, "samples")})`
    )
    return { samples }
  })
}))
