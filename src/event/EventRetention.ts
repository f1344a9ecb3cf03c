import { Duration, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { changing, shareOfTable } from "../storage/Retention.ts"
import type { Retention } from "../storage/Retention.ts"

/** Bodies of settled deliveries; their ids and hashes are kept longer, to know a replay by. */
const BODIES = Duration.days(30)
const ROWS = Duration.days(180)

/** Deliveries that wait to be settled, and gaps that wait to be explained, are never touched. */
export const EventRetention = Effect.map(SqlClient.SqlClient, (sql): Retention => ({
  of: "deliveries and gaps",
  clean: Effect.fnUntraced(function* (before) {
    const most = shareOfTable(sql, "deliveries")
    // A body is stored once, and one that was sent again may still have to be looked at.
    const bodies = yield* changing(
      sql,
      sql`update deliveries set body = null where seq in (select seq from deliveries old
        where status <> 'accepted' and body is not null and received_at < ${before(BODIES)} and not exists (
          select 1 from deliveries where body_hash = old.body_hash and status = 'accepted')
        order by seq limit ${most})`
    )
    const deliveries = yield* changing(
      sql,
      sql`delete from deliveries where seq in (select seq from deliveries old
        where status <> 'accepted' and received_at < ${before(ROWS)} and (body is null or not exists (
          select 1 from deliveries where body_hash = old.body_hash and status = 'accepted'))
        order by seq limit ${most})`
    )
    const gaps = yield* changing(
      sql,
      sql`delete from gaps where id in (select id from gaps where cause is not null and found_at < ${before(ROWS)}
        order by id limit ${shareOfTable(sql, "gaps")})`
    )
    return { bodies, deliveries, gaps }
  })
}))
