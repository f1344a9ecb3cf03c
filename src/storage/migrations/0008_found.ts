import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export const migration0008 = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table tasks add column found_at integer`
})
