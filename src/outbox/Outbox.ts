import { Clock, Context, Duration, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { TaskId } from "../domain/Task.ts"
import { Doorbell } from "../storage/Doorbell.ts"
import { StoreHolder } from "../storage/StoreHolder.ts"
import { steadyMillis } from "../storage/SteadyClock.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"

/** A comment that is to be on an issue: one row for each, found again by its key. */
export const OutboxRow = Schema.Struct({
  key: Schema.String,
  taskId: TaskId,
  /** Written only while the issue is open and assigned to the bot. Without it, a comment that is there is still edited. */
  needsMandate: Schema.BooleanFromBit,
  body: Schema.String,
  /** A person must know it: where its comment was deleted, it is written in a new one. */
  news: Schema.BooleanFromBit,
  revision: Schema.Int,
  commentId: Schema.NullOr(Schema.Int),
  tries: Schema.Int,
  /** Refusals in a row, of the look at the issue or of the write. */
  refusals: Schema.Int,
  /** When it first failed to be said, in milliseconds; null while nothing went wrong. */
  waitsSince: Schema.NullOr(Schema.Int)
})
export type OutboxRow = typeof OutboxRow.Type

export type OutboxEntry = Pick<OutboxRow, "key" | "taskId" | "needsMandate" | "body"> & Partial<Pick<OutboxRow, "news">>

export const progressKey = (task: TaskId): string => `task ${task} progress`
export const reportKey = (task: TaskId, round: number): string => `task ${task} report ${round}`

const ROWS_AT_ONCE = 50
/** No row waits longer, whatever was asked for or stored. */
const LONGEST_WAIT = Duration.toMillis(Duration.minutes(10))

/**
 * What is to be said on issues, kept beside the tasks so that a row is committed with the transition it tells of.
 * Inside a transaction of the caller, `put` and `amend` are part of it, and ring once it is committed.
 */
export class Outbox extends Context.Service<
  Outbox,
  {
    /**
     * Says it, or says it anew: a known key gets the new text, in the same comment. The same text again changes nothing. News stay news
     * until they are said. They, and what is said whoever has the issue, such as that it is over, wait for no earlier edit.
     */
    put(entry: OutboxEntry): Effect.Effect<void, StoreUnavailable>
    /** Knows from now on that this comment stands on the issue. */
    adopt(
      task: TaskId,
      key: string,
      comment: { readonly id: number; readonly body: string }
    ): Effect.Effect<void, StoreUnavailable>
    /** Says it anew if it was said before. */
    amend(entry: OutboxEntry): Effect.Effect<void, StoreUnavailable>
    /** Rows whose newest text is not on the issue, oldest first, at most 50. */
    readonly pending: Effect.Effect<ReadonlyArray<OutboxRow>, StoreUnavailable>
    /** How many rows wait to be written. */
    readonly size: Effect.Effect<number, StoreUnavailable>
    /** The issues with comments that have failed to be written since then (milliseconds) or longer, and since when the oldest has. */
    stuck(since: number): Effect.Effect<{ readonly issues: number; readonly since: number | null }, StoreUnavailable>
    /** When the next row may be written (of `steadyMillis`); null when none waits, or another process holds the store. */
    readonly due: Effect.Effect<number | null, StoreUnavailable>
    /** Counts a try before it is made. False when this process no longer holds the store: nothing may be written then. */
    attempt(row: OutboxRow): Effect.Effect<boolean, StoreUnavailable>
    /** `notBefore` (of `steadyMillis`, ten minutes away at most) holds back the next edit of the same comment. */
    sent(row: OutboxRow, commentId: number, notBefore: number): Effect.Effect<void, StoreUnavailable>
    /** Keeps the row and tries again later. */
    postpone(row: OutboxRow, notBefore: number): Effect.Effect<void, StoreUnavailable>
    /** Postpones it, and counts the refusal that is why. */
    refused(row: OutboxRow, notBefore: number): Effect.Effect<void, StoreUnavailable>
    /** What is said next is news, whatever it is. */
    renew(key: string): Effect.Effect<void, StoreUnavailable>
    /** Its comment is gone: it is written as a new one from now on. */
    forget(row: OutboxRow): Effect.Effect<void, StoreUnavailable>
    /** Never to be said; a text that is put afterwards begins with no refusals. */
    drop(row: OutboxRow, reason: string): Effect.Effect<void, StoreUnavailable>
  }
>()("mosaic-coordinator/outbox/Outbox") {
  static readonly layer = Layer.effect(
    Outbox,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const holder = yield* StoreHolder
      const doorbell = yield* Doorbell
      const { earliest, findPending, size, stuck } = queriesOf(sql)
      const { adopt, amend, put, renew } = changesOf(sql, doorbell)
      const { drop, forget, keep, sent } = outcomesOf(sql)

      // Whoever had trouble with it may have mended it before this start, such as a token.
      yield* orStoreUnavailable(
        sql`update outbox set not_before = 0 where state = 'pending' and waits_since is not null`
      )

      const due = Effect.gen(function* () {
        if (!(yield* holder.held)) return null
        const [row] = yield* earliest(yield* steadyMillis)
        return row?.due ?? null
      }).pipe(orStoreUnavailable)

      const attempt = Effect.fn("Outbox.attempt")(
        function* (row: OutboxRow) {
          if (!(yield* holder.held)) return false
          yield* sql`update outbox set tries = tries + 1 where key = ${row.key}`
          return true
        },
        sql.withTransaction,
        orStoreUnavailable
      )

      return {
        put,
        adopt,
        amend,
        renew,
        size,
        stuck,
        due,
        pending: steadyMillis.pipe(Effect.flatMap(findPending), orStoreUnavailable),
        attempt,
        sent,
        postpone: Effect.fn("Outbox.postpone")((row: OutboxRow, notBefore: number) => keep(row, notBefore, 0)),
        refused: Effect.fn("Outbox.refused")((row: OutboxRow, notBefore: number) => keep(row, notBefore, 1)),
        drop,
        forget
      }
    })
  )
}

/** A wait that lies further away was stored by another clock, and is void. */
const holdsBack = (sql: SqlClient.SqlClient, now: number) =>
  sql`(not_before > ${now} and not_before <= ${now + LONGEST_WAIT})`

const queriesOf = (sql: SqlClient.SqlClient) => {
  const findPending = SqlSchema.findAll({
    Request: Schema.Int,
    Result: OutboxRow,
    execute: (
      now
    ) => sql`select key, task_id, needs_mandate, body, revision, comment_id, tries, refusals, waits_since, news
      from outbox where state = 'pending' and not ${holdsBack(sql, now)} order by created_at limit ${ROWS_AT_ONCE}`
  })

  const earliest = (now: number) =>
    sql<{ due: number | null }>`select min(case when ${holdsBack(sql, now)} then not_before else 0 end) as due
      from outbox where state = 'pending'`
  const size = sql<{ size: number }>`select count(*) as size from outbox where state = 'pending'`.pipe(
    Effect.map(([row]) => row?.size ?? 0),
    orStoreUnavailable
  )

  const stuck = Effect.fn("Outbox.stuck")(function* (since: number) {
    const [row] = yield* sql<{ issues: number; since: number | null }>`select count(distinct task_id) as issues,
      min(waits_since) as since from outbox where state = 'pending' and waits_since <= ${since}`
    return row ?? { issues: 0, since: null }
  }, orStoreUnavailable)

  return { findPending, earliest, size, stuck }
}

/** What is to be said, from now on. */
const changesOf = (sql: SqlClient.SqlClient, doorbell: Doorbell["Service"]) => {
  const put = Effect.fn("Outbox.put")(function* (entry: OutboxEntry) {
    const now = yield* Clock.currentTimeMillis
    yield* sql`insert into outbox (key, task_id, needs_mandate, body, news, created_at)
      values (${entry.key}, ${entry.taskId}, ${entry.needsMandate ? 1 : 0}, ${entry.body}, ${entry.news ? 1 : 0}, ${now})
      on conflict (key) do update set body = excluded.body, needs_mandate = excluded.needs_mandate,
        news = max(news, excluded.news),
        not_before = case when excluded.needs_mandate = 0 or excluded.news = 1 then 0 else not_before end,
        revision = revision + 1, state = 'pending', reason = null
        where outbox.body <> excluded.body or outbox.needs_mandate <> excluded.needs_mandate or outbox.state = 'dropped'`
    yield* doorbell.ring("outbox")
  }, orStoreUnavailable)

  const renew = Effect.fn("Outbox.renew")(
    (key: string) => Effect.asVoid(sql`update outbox set news = 1 where key = ${key}`),
    orStoreUnavailable
  )

  const adopt = Effect.fn("Outbox.adopt")(function* (
    task: TaskId,
    key: string,
    { body, id }: { readonly id: number; readonly body: string }
  ) {
    const now = yield* Clock.currentTimeMillis
    yield* sql`insert into outbox ${sql.insert({
      key,
      taskId: task,
      needsMandate: 1,
      body,
      commentId: id,
      state: "sent",
      sentRevision: 1,
      sentAt: now,
      createdAt: now
    })} on conflict (key) do nothing`
  }, orStoreUnavailable)

  const amend = Effect.fn("Outbox.amend")(function* (entry: OutboxEntry) {
    yield* sql`update outbox set body = ${entry.body}, needs_mandate = ${entry.needsMandate ? 1 : 0},
      news = max(news, ${entry.news ? 1 : 0}), revision = revision + 1, state = 'pending', reason = null where key = ${entry.key}`
    yield* doorbell.ring("outbox")
  }, orStoreUnavailable)

  return { put, renew, adopt, amend }
}

/** What became of a row that was to be written. */
const outcomesOf = (sql: SqlClient.SqlClient) => {
  const sent = Effect.fn("Outbox.sent")(function* (row: OutboxRow, commentId: number, notBefore: number) {
    const now = yield* Clock.currentTimeMillis
    yield* sql`update outbox set comment_id = ${commentId}, sent_revision = ${row.revision}, sent_at = ${now}, tries = 0,
      refusals = 0, waits_since = null, not_before = ${notBefore},
      news = case when revision = ${row.revision} then 0 else news end, state = case when revision = ${row.revision} then 'sent' else 'pending' end
      where key = ${row.key}`
  }, orStoreUnavailable)

  const keep = Effect.fnUntraced(function* (row: OutboxRow, notBefore: number, refusals: number) {
    const now = yield* Clock.currentTimeMillis
    yield* sql`update outbox set not_before = ${notBefore}, refusals = refusals + ${refusals},
      waits_since = coalesce(waits_since, ${now}) where key = ${row.key}`
  }, orStoreUnavailable)

  const drop = Effect.fn("Outbox.drop")(function* (row: OutboxRow, reason: string) {
    yield* sql`update outbox set state = 'dropped', reason = ${reason}, news = 0, refusals = 0, waits_since = null
      where key = ${row.key} and revision = ${row.revision}`
  }, orStoreUnavailable)

  const forget = Effect.fn("Outbox.forget")(function* (row: OutboxRow) {
    yield* sql`update outbox set comment_id = null, tries = 0 where key = ${row.key}`
  }, orStoreUnavailable)

  return { sent, keep, drop, forget }
}
