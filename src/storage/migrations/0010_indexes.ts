import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * Each index costs a delivery that is acknowledged a page of its own, and one by a random key hardly ever shares it with others. An
 * index of settled deliveries only costs nothing until then. SQLite cannot change what is unique in a table, so the table is made anew.
 */
const STATEMENTS = [
  `create table deliveries_new (
    seq integer primary key,
    delivery_id text not null,
    body_hash text not null,
    event text not null,
    action text,
    task_id text,
    full_name text,
    status text not null,
    reason text,
    replay integer not null default 0,
    body text,
    received_at integer not null,
    settled_at integer,
    traceparent text,
    taken_at integer,
    unique (body_hash, delivery_id)
  )`,
  `insert into deliveries_new select seq, delivery_id, body_hash, event, action, task_id, full_name, status, reason, replay, body,
    received_at, settled_at, traceparent, taken_at from deliveries`,
  `drop table deliveries`,
  `alter table deliveries_new rename to deliveries`,
  `create index deliveries_task on deliveries (task_id, status, seq)`,
  `create index deliveries_accepted on deliveries (seq, task_id) where status = 'accepted'`,
  `create index deliveries_repository on deliveries (full_name, action)`,
  `create index deliveries_id on deliveries (delivery_id) where status <> 'accepted'`,
  `create index deliveries_received on deliveries (received_at) where status <> 'accepted'`
]

export const migration0010 = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(STATEMENTS, (statement) => sql.unsafe(statement), { discard: true })
})
