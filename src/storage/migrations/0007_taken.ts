import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** The issue's own time, in milliseconds, of a delivery that showed that the issue is not the bot's. Receive-only. */
const STATEMENT = `alter table deliveries add column taken_at integer`

export const migration0007 = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql.unsafe(STATEMENT)
})
