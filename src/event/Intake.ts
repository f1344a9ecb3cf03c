import { Array, Clock, Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { classify } from "./Verdict.ts"
import type { Verdict } from "./Verdict.ts"
import type { Incoming } from "./Incoming.ts"

const Question = Schema.Struct({
  delivery: Schema.String,
  bodyHash: Schema.String,
  task: Schema.NullOr(Schema.String)
})
const encodeQuestions = Schema.encodeSync(Schema.fromJsonString(Schema.Array(Question)))

type Stored = NonNullable<Verdict["stored"]>

const Known = Schema.Struct({
  stored: Schema.BooleanFromBit,
  seen: Schema.BooleanFromBit,
  heeded: Schema.BooleanFromBit,
  concerned: Schema.BooleanFromBit,
  newestBody: Schema.NullOr(Schema.String)
})
const decodeKnown = Schema.decodeUnknownEffect(Schema.Array(Known))

/** One statement whatever the size of the batch, so that it is prepared once. */
const whatIsKnown = (sql: SqlClient.SqlClient, batch: ReadonlyArray<Incoming>) => {
  const questions = encodeQuestions(
    batch.map(({ bodyHash, delivery, subject }) => ({ delivery, bodyHash, task: subject?.taskId ?? null }))
  )
  return sql`with asked as (
      select key, value ->> 'delivery' as delivery, value ->> 'bodyHash' as hash, value ->> 'task' as task
      from json_each(${questions}))
    select
      exists (select 1 from deliveries where delivery_id = delivery and body_hash = hash) as stored,
      exists (select 1 from deliveries where body_hash = hash) as seen,
      exists (select 1 from deliveries where body_hash = hash and status <> 'ignored') as heeded,
      exists (select 1 from tasks where id = task)
        or exists (select 1 from deliveries where task_id = task and status = 'accepted') as concerned,
      (select body_hash from deliveries where task_id = task order by seq desc limit 1) as newest_body
    from asked order by key`.pipe(Effect.flatMap(decodeKnown))
}

/** One prepared statement for each row: as JSON, a body would be parsed anew for each of its columns. */
const store = (
  sql: SqlClient.SqlClient,
  { action, body, bodyHash, delivery, event, subject }: Incoming,
  it: Stored,
  now: number
) => {
  const waits = it.status === "accepted"
  return sql`insert into deliveries (delivery_id, body_hash, event, action, task_id, full_name, status, reason, replay, body,
      received_at, settled_at)
    values (${delivery}, ${bodyHash}, ${event}, ${action}, ${subject?.taskId ?? null}, ${subject?.fullName ?? null},
      ${it.status}, ${it.reason}, ${it.replay ? 1 : 0}, ${waits ? body : null}, ${now}, ${waits ? null : now})`
}

/** Judges a batch of deliveries by what the store knows and stores it, in the caller's transaction. */
export const intake = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  batch: ReadonlyArray<Incoming>,
  canLook: boolean
) {
  const known = yield* whatIsKnown(sql, batch)
  const verdicts = classify(
    Array.zip(batch, known).map(([incoming, it]) => ({ incoming, known: it })),
    canLook
  )
  const now = yield* Clock.currentTimeMillis
  yield* Effect.forEach(
    Array.zip(batch, verdicts),
    ([incoming, { stored }]) => (stored === null ? Effect.void : Effect.asVoid(store(sql, incoming, stored, now))),
    { discard: true }
  )
  return verdicts
})
