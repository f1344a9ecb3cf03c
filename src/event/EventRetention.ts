import { Duration, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Retention } from "../storage/Retention.ts"

/** Bodies of settled deliveries; their ids and hashes are kept longer, to know a replay by. */
const BODIES = Duration.days(30)
const ROWS = Duration.days(180)

/** Deliveries that wait to be settled, and gaps that wait to be explained, are never touched. */
export const EventRetention = Effect.map(SqlClient.SqlClient, (sql): Retention => ({
  of: "deliveries and gaps",
  clean: Effect.fnUntraced(function* (before) {
    yield* sql`update deliveries set body = null
        where status <> 'accepted' and body is not null and received_at < ${before(BODIES)}`
    yield* sql`delete from deliveries where status <> 'accepted' and received_at < ${before(ROWS)}`
    yield* sql`delete from gaps where cause is not null and found_at < ${before(ROWS)}`
  })
}))
