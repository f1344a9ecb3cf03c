import { Duration, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { changing, shareOfTable } from "../storage/Retention.ts"
import type { Retention } from "../storage/Retention.ts"

const ROWS = Duration.days(180)

/** Comments that are to be written are never touched, nor is the progress comment, which is edited again when its task goes on. */
export const OutboxRetention = Effect.map(SqlClient.SqlClient, (sql): Retention => ({
  of: "outbox",
  clean: Effect.fnUntraced(function* (before) {
    const comments = yield* changing(
      sql,
      sql`delete from outbox where key in (select key from outbox where state <> 'pending' and key not like '% progress'
        and created_at < ${before(ROWS)} order by created_at limit ${shareOfTable(sql, "outbox")})`
    )
    return { comments }
  })
}))
