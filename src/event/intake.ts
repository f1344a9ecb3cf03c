import { Array, Clock, Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { DeliveryStatus } from "../domain/Delivery.ts"
import { classify } from "./classify.ts"
import type { Verdict } from "./classify.ts"
import type { Incoming } from "./Incoming.ts"

const Question = Schema.Struct({
  delivery: Schema.String,
  bodyHash: Schema.String,
  task: Schema.NullOr(Schema.String)
})
const encodeQuestions = Schema.encodeSync(Schema.fromJsonString(Schema.Array(Question)))

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

const Row = Schema.Struct({
  delivery: Schema.String,
  bodyHash: Schema.String,
  event: Schema.String,
  action: Schema.NullOr(Schema.String),
  task: Schema.NullOr(Schema.String),
  fullName: Schema.NullOr(Schema.String),
  status: DeliveryStatus,
  reason: Schema.NullOr(Schema.String),
  replay: Schema.BooleanFromBit,
  body: Schema.NullOr(Schema.String),
  receivedAt: Schema.Int,
  settledAt: Schema.NullOr(Schema.Int)
})
const encodeRows = Schema.encodeSync(Schema.fromJsonString(Schema.Array(Row)))

const rowsOf = (batch: ReadonlyArray<Incoming>, verdicts: ReadonlyArray<Verdict>, now: number) =>
  Array.zip(batch, verdicts).flatMap(([{ action, body, bodyHash, delivery, event, subject }, { stored }]) => {
    if (stored === null) return []
    const waits = stored.status === "accepted"
    return {
      delivery,
      bodyHash,
      event,
      action,
      task: subject?.taskId ?? null,
      fullName: subject?.fullName ?? null,
      status: stored.status,
      reason: stored.reason,
      replay: stored.replay,
      body: waits ? body : null,
      receivedAt: now,
      settledAt: waits ? null : now
    }
  })

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
  const rows = encodeRows(rowsOf(batch, verdicts, now))
  yield* sql`insert into deliveries (delivery_id, body_hash, event, action, task_id, full_name, status, reason, replay, body,
      received_at, settled_at)
    select value ->> 'delivery', value ->> 'bodyHash', value ->> 'event', value ->> 'action', value ->> 'task',
      value ->> 'fullName', value ->> 'status', value ->> 'reason', value ->> 'replay', value ->> 'body',
      value ->> 'receivedAt', value ->> 'settledAt'
    from json_each(${rows}) order by key`
  return verdicts
})
