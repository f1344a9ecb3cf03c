import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const STATEMENTS = [
  `create table gaps (
    id integer primary key,
    task_id text not null,
    full_name text not null,
    cause text,
    down_from integer,
    down_to integer,
    happened_at integer,
    found_at integer not null,
    state text not null
  )`,
  `create index gaps_task on gaps (task_id, id)`,
  `create index gaps_found on gaps (found_at)`,
  `create index deliveries_repository on deliveries (full_name, action)`,
  `create table uptimes (id integer primary key, started_at integer not null, alive_at integer not null)`,
  `alter table tasks add column unreadable_since integer`,
  `alter table tasks add column round integer not null default 1`,
  `alter table outbox add column refusals integer not null default 0`,
  `alter table outbox add column waits_since integer`,
  `create index deliveries_accepted on deliveries (seq) where status = 'accepted'`,
  `create index deliveries_received on deliveries (received_at)`,
  `create index samples_at on samples (at)`
]

export const migration0002 = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(STATEMENTS, (statement) => sql.unsafe(statement), { discard: true })
})
