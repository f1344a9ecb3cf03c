import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const STATEMENTS = [
  `alter table deliveries add column traceparent text`,
  `alter table tasks add column traceparent text`
]

export const migration0003 = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(STATEMENTS, (statement) => sql.unsafe(statement), { discard: true })
})
