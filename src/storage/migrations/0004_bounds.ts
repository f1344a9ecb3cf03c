import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * `requests`: paid ones since the task became ready. `tries`: those since its newest journal entry. `step`: what of it is under way
 * that could end the process. `suspect`: one of several whose step was under way when the process ended.
 */
const STATEMENTS = [
  `alter table tasks add column requests integer not null default 0`,
  `alter table tasks add column tries integer not null default 0`,
  `alter table tasks add column step text`,
  `alter table tasks add column suspect integer not null default 0`
]

export const migration0004 = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(STATEMENTS, (statement) => sql.unsafe(statement), { discard: true })
})
