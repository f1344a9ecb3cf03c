import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const STATEMENTS = [
  `alter table outbox add column news integer not null default 0`,
  // What was completed with its answer still to be written is no longer called so.
  `update tasks set state = 'answered' where state = 'completed' and exists (
    select 1 from outbox where state = 'pending' and sent_revision = 0 and key = 'task ' || tasks.id || ' report ' || tasks.round)`
]

export const migration0005 = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(STATEMENTS, (statement) => sql.unsafe(statement), { discard: true })
})
