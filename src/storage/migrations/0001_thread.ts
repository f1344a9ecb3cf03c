import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** Times are milliseconds since the epoch. JSON is text. */
const STATEMENTS = [
  `create table deliveries (
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
    unique (delivery_id, body_hash)
  )`,
  `create index deliveries_body on deliveries (body_hash)`,
  `create index deliveries_pending on deliveries (task_id, seq) where status = 'accepted'`,
  `create index deliveries_task on deliveries (task_id, seq)`,
  `create table tasks (
    id text primary key,
    repository_id integer not null,
    number integer not null,
    full_name text not null,
    title text not null,
    state text not null,
    priority integer not null,
    mandate_source text,
    mandate_id integer,
    generation integer not null default 1,
    attempts integer not null default 0,
    turns integer not null default 0,
    tokens integer not null default 0,
    elapsed integer not null default 0,
    cause text not null,
    lease text,
    lease_expires_at integer,
    not_before integer not null default 0,
    ready_at integer not null,
    created_at integer not null,
    updated_at integer not null
  )`,
  `create index tasks_claim on tasks (priority, ready_at, id) where state in ('ready', 'running')`,
  `create table transitions (
    id integer primary key,
    task_id text not null references tasks (id),
    "from" text,
    "to" text not null,
    cause text not null,
    at integer not null
  )`,
  `create index transitions_task on transitions (task_id, id)`,
  `create table sessions (
    id text primary key,
    task_id text not null references tasks (id),
    generation integer not null,
    model text not null,
    "limit" integer not null,
    can_compact integer not null,
    state text not null,
    system text not null,
    tools text not null,
    predecessor text references sessions (id),
    finished_turns integer not null default 0,
    created_at integer not null,
    ended_at integer
  )`,
  `create index sessions_task on sessions (task_id, created_at)`,
  `create table journal (
    session_id text not null references sessions (id),
    seq integer not null,
    at integer not null,
    entry text not null,
    primary key (session_id, seq)
  )`,
  `create table samples (
    id integer primary key,
    session_id text not null references sessions (id),
    at integer not null,
    used integer,
    "limit" integer not null,
    source text,
    "by" text not null,
    action text not null
  )`,
  `create index samples_session on samples (session_id, id)`,
  `create table outbox (
    key text primary key,
    task_id text not null references tasks (id),
    needs_mandate integer not null,
    body text not null,
    revision integer not null default 1,
    sent_revision integer not null default 0,
    comment_id integer,
    tries integer not null default 0,
    not_before integer not null default 0,
    state text not null default 'pending',
    reason text,
    created_at integer not null,
    sent_at integer
  )`,
  `create index outbox_pending on outbox (not_before) where state = 'pending'`,
  `create table holder (id integer primary key check (id = 1), token text not null, since integer not null)`
]

export const migration0001 = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(STATEMENTS, (statement) => sql.unsafe(statement), { discard: true })
})
