import { Array, Clock, Effect } from "effect"
import type { SqlClient } from "effect/sql"
import { DeliveryStatus } from "../domain/Delivery.ts"
import type { TaskId } from "../domain/Task.ts"
import type { Tasks } from "../task/Tasks.ts"
import type { Screened } from "./Screening.ts"
import { verdictsOf } from "./Verdict.ts"
import type { Verdict } from "./Verdict.ts"

interface KnownRow {
  readonly stored: number
  readonly seen: number
  readonly heeded: number
  readonly waits: number
  readonly newestBody: string | null
  readonly kept: number
}

const STATUSES = JSON.stringify(DeliveryStatus.literals)

/** One statement whatever the size of the batch. The newest body counts without a token alone, and is one search for each status. */
const whatIsKnown = (sql: SqlClient.SqlClient, batch: ReadonlyArray<Screened>, canLook: boolean) => {
  const newestBody = sql`(select body_hash from deliveries where seq = (
    select max((select max(seq) from deliveries where task_id = task and status = value)) from json_each(${STATUSES})))`
  const questions = batch.map(({ bodyHash, delivery, subject }) => [delivery, bodyHash, subject?.taskId ?? null])
  return sql<KnownRow>`with asked as (
      select key, value ->> 0 as delivery, value ->> 1 as hash, value ->> 2 as task
      from json_each(${JSON.stringify(questions)}))
    select
      exists (select 1 from deliveries where delivery_id = delivery and body_hash = hash) as stored,
      exists (select 1 from deliveries where body_hash = hash) as seen,
      exists (select 1 from deliveries where body_hash = hash and status <> 'ignored') as heeded,
      exists (select 1 from deliveries where task_id = task and status = 'accepted') as waits,
      exists (select 1 from deliveries where body_hash = hash and body is not null) as kept,
      ${canLook ? sql`null` : newestBody} as newest_body
    from asked order by key`
}

const NONE: ReadonlySet<TaskId> = new Set()

/** Of the issues the bot is not assigned to, those that have a task. */
const tasksOf = (tasks: Tasks["Service"], batch: ReadonlyArray<Screened>) => {
  const ids = batch.flatMap(({ ignored, subject }) =>
    ignored !== null || subject === null || subject.assigned ? [] : [subject.taskId]
  )
  return ids.length === 0 ? Effect.succeed(NONE) : tasks.existing(ids)
}

const rowOf = (
  { action, body, bodyHash, delivery, event, subject }: Screened,
  { reason, replay, status }: NonNullable<Verdict["stored"]>,
  { isKept, now }: { readonly isKept: boolean; readonly now: number }
): Record<string, unknown> => {
  const waits = status === "accepted"
  return {
    deliveryId: delivery,
    bodyHash,
    event,
    action,
    taskId: subject?.taskId ?? null,
    fullName: subject?.fullName ?? null,
    status,
    reason,
    replay: replay ? 1 : 0,
    body: waits && !isKept ? body : null,
    receivedAt: now,
    settledAt: waits ? null : now
  }
}

/** The same body is stored once, however often it is sent: whoever captured a signed request could fill the disk with it. */
const rowsOf = (
  batch: ReadonlyArray<Screened>,
  verdicts: ReadonlyArray<Verdict>,
  known: ReadonlyArray<KnownRow>,
  now: number
) => {
  const keptNow = new Set<string>()
  return batch.flatMap((incoming, index) => {
    const stored = verdicts[index]?.stored ?? null
    if (stored === null) return []
    const isKept = known[index]?.kept === 1 || keptNow.has(incoming.bodyHash)
    if (stored.status === "accepted") keptNow.add(incoming.bodyHash)
    return [rowOf(incoming, stored, { isKept, now })]
  })
}

/** A statement is kept prepared for each number of rows, so that number is bounded. */
const ROWS_OF_INSERT = 32

const insert = (sql: SqlClient.SqlClient, rows: ReadonlyArray<Record<string, unknown>>) => {
  const inserts = Array.chunksOf(rows, ROWS_OF_INSERT).map((some) => sql`insert into deliveries ${sql.insert(some)}`)
  const all = Effect.all(inserts, { discard: true })
  return inserts.length > 1 ? sql.withTransaction(all) : all
}

/**
 * Judges a batch of deliveries by what the store knows and stores it, whole or not at all. One batch at a time: nobody else stores
 * deliveries, and what settles one meanwhile changes no verdict, because its task is there before it waits no more.
 */
export const intake = Effect.fnUntraced(function* (
  { sql, tasks, canLook }: { sql: SqlClient.SqlClient; tasks: Tasks["Service"]; canLook: boolean },
  batch: ReadonlyArray<Screened>
) {
  const rows = yield* whatIsKnown(sql, batch, canLook)
  const working = yield* tasksOf(tasks, batch)
  const candidates = Array.zipWith(batch, rows, (incoming, { heeded, newestBody, seen, stored, waits }) => ({
    incoming,
    known: {
      stored: stored === 1,
      seen: seen === 1,
      heeded: heeded === 1,
      concerned: waits === 1 || (incoming.subject !== null && working.has(incoming.subject.taskId)),
      newestBody
    }
  }))
  const verdicts = verdictsOf(candidates, canLook)
  yield* insert(sql, rowsOf(batch, verdicts, rows, yield* Clock.currentTimeMillis))
  return verdicts
})
