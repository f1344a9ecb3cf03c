import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export const migration0009 = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table tasks add column saved text`
})
