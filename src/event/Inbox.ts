import { Array, Clock, Context, Effect, Exit, Layer, Ref, Request, RequestResolver, Schema, Semaphore } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { DeliveryId } from "../domain/Delivery.ts"
import type { Receipt } from "../domain/Delivery.ts"
import { IssueRef } from "../domain/IssueRef.ts"
import { TaskId } from "../domain/Task.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Settings } from "../Settings.ts"
import { Doorbell } from "../storage/Doorbell.ts"
import { SyncedLater } from "../storage/Sqlite.ts"
import { steadyMillis } from "../storage/SteadyClock.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { WalSync } from "../storage/WalSync.ts"
import { Tasks } from "../task/Tasks.ts"
import { SetupFaults } from "../telemetry/SetupFaults.ts"
import { Exporting, traceparent } from "../telemetry/Tracing.ts"
import type { Incoming } from "./Incoming.ts"
import { intake } from "./Intake.ts"
import { ADVICE_NOT_ALLOWED, askedInVain, closedIn, screen } from "./Screening.ts"

/** Bounds one commit: a wave of deliveries becomes several. */
const MAX_BATCH = 128

/** An accepted delivery that waits to be settled; `seq` grows with arrival. */
export const Waiting = Schema.Struct({
  seq: Schema.Int,
  delivery: DeliveryId,
  action: Schema.NullOr(Schema.String),
  /** The span of its request, where a collector is set. */
  traceparent: Schema.NullOr(Schema.String).pipe(Schema.optionalKey)
})
export type Waiting = typeof Waiting.Type

/** The same with the issue it is about, and the signed text. */
export const Accepted = Schema.Struct({ ...Waiting.fields, taskId: TaskId, body: Schema.String })
export type Accepted = typeof Accepted.Type

const encodeIds = Schema.encodeSync(Schema.fromJsonString(Schema.Array(Schema.String)))
const encodeSeqs = Schema.encodeSync(Schema.fromJsonString(Schema.Array(Schema.Int)))

/** What the store knows of deliveries that wait. */
const readsOf = (sql: SqlClient.SqlClient) => {
  // SQLite would take the index by issue for the grouping, and with it every delivery that was ever settled.
  const pending = SqlSchema.findAll({
    Request: Schema.Struct({ limit: Schema.Int, except: Schema.Array(TaskId) }),
    Result: IssueRef,
    execute: ({ except, limit }) => sql`select task_id, (select newest.full_name from deliveries newest
        where newest.task_id = deliveries.task_id and newest.status = 'accepted' order by newest.seq desc limit 1) as full_name
      from deliveries indexed by deliveries_accepted
      where status = 'accepted' and task_id not in (select value from json_each(${encodeIds(except)}))
      group by task_id order by min(seq) limit ${limit}`
  })

  const of = SqlSchema.findAll({
    Request: TaskId,
    Result: Waiting,
    execute: (taskId) => sql`select seq, delivery_id as delivery, action, traceparent from deliveries
      where task_id = ${taskId} and status = 'accepted' order by seq`
  })

  const oldest = SqlSchema.findAll({
    Request: Schema.Int,
    Result: Accepted,
    execute: (limit) => sql`select seq, delivery_id as delivery, action, traceparent, task_id, coalesce(body, (
        select same.body from deliveries same where same.body_hash = deliveries.body_hash and same.body is not null limit 1)) as body
      from deliveries where status = 'accepted' order by seq limit ${limit}`
  })

  return { pending, of, oldest }
}

/** What becomes of them. */
const outcomesOf = (sql: SqlClient.SqlClient) => {
  const settle = Effect.fn("Inbox.settle")(function* (
    seqs: ReadonlyArray<number>,
    status: "done" | "failed",
    reason: string | null
  ) {
    const now = yield* Clock.currentTimeMillis
    const replayed = status === "done" ? "duplicate" : status
    yield* sql`update deliveries set status = case replay when 1 then ${replayed} else ${status} end,
        reason = ${reason}, settled_at = ${now}
      where seq in (select value from json_each(${encodeSeqs(seqs)})) and status = 'accepted'`
  }, orStoreUnavailable)

  const taken = Effect.fn("Inbox.taken")(function* (seq: number, at: number) {
    yield* sql`update deliveries set taken_at = ${at} where seq = ${seq}`
  }, orStoreUnavailable)

  const takenAt = (taskId: TaskId) =>
    sql<{ at: number | null }>`select max(taken_at) as at from deliveries where task_id = ${taskId}`.pipe(
      Effect.map(([row]) => row?.at ?? null),
      orStoreUnavailable
    )

  return { settle, taken, takenAt }
}

class Accept extends Request.TaggedClass("Accept")<{ readonly incoming: Incoming }, Receipt, StoreUnavailable> {}

/** Every delivery that was answered with 200, until its final status. Rings for those that are to be looked at once they are committed. */
export class Inbox extends Context.Service<
  Inbox,
  {
    /** Stores it before it answers: many at once in one commit, completed after that. */
    accept(incoming: Incoming): Effect.Effect<Receipt, StoreUnavailable>
    /**
     * Issues with deliveries to look at, under the name their repository had in the newest of them; those that wait longest first, at
     * most `limit`, and none of `except`.
     */
    pending(limit: number, except: ReadonlyArray<TaskId>): Effect.Effect<ReadonlyArray<IssueRef>, StoreUnavailable>
    /** The accepted deliveries of all issues that wait longest, in order of arrival. */
    oldest(limit: number): Effect.Effect<ReadonlyArray<Accepted>, StoreUnavailable>
    /** The accepted deliveries of one issue in order of arrival. */
    of(taskId: TaskId): Effect.Effect<ReadonlyArray<Waiting>, StoreUnavailable>
    /** By the issue's own time (milliseconds), this delivery shows that the issue is not the bot's. Part of the caller's transaction. */
    taken(seq: number, at: number): Effect.Effect<void, StoreUnavailable>
    /** The issue's own time of the newest delivery that showed that; null when none did. */
    takenAt(taskId: TaskId): Effect.Effect<number | null, StoreUnavailable>
    /** Since when (of `steadyMillis`) no delivery could be stored, of those that came; null when the last one was. */
    readonly refusing: Effect.Effect<number | null>
    /** Gives accepted deliveries their final status; a replay that is `done` becomes `duplicate`. Part of the caller's transaction. */
    settle(
      seqs: ReadonlyArray<number>,
      status: "done" | "failed",
      reason: string | null
    ): Effect.Effect<void, StoreUnavailable>
  }
>()("mosaic-coordinator/event/Inbox") {
  static readonly layer = Layer.effect(
    Inbox,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { giteaToken, repositories } = yield* Settings
      const identity = yield* BotIdentity
      const tasks = yield* Tasks
      const turn = yield* Semaphore.make(1)
      const doorbell = yield* Doorbell
      const walSync = yield* WalSync

      const exporting = yield* Exporting
      const faults = yield* SetupFaults
      const refusing = yield* Ref.make<number | null>(null)

      const resolver = RequestResolver.make<Accept>(
        Effect.fnUntraced(function* (entries) {
          const bot = yield* identity.current
          const batch = entries.map(({ request }) =>
            screen(request.incoming, { bot, repositories, canLook: giteaToken !== null })
          )
          const [vain] = batch.flatMap((it) => askedInVain(it) ?? [])
          if (vain !== undefined) yield* faults.found("repository", ADVICE_NOT_ALLOWED, { repository: vain })
          const stored = intake({ sql, tasks, canLook: giteaToken !== null }, batch)
          const verdicts = yield* (
            exporting ? sql.withTransaction(Effect.tap(stored, keepSpans(sql, entries))) : stored
          ).pipe(
            Effect.provideService(SyncedLater, true),
            turn.withPermit,
            Effect.tap((judged) =>
              judged.some(({ stored }) => stored?.status === "accepted") ? doorbell.ring("deliveries") : Effect.void
            ),
            Effect.tap(() => walSync.done),
            orStoreUnavailable,
            Effect.tap(Ref.set(refusing, null)),
            Effect.tapError(() => Effect.flatMap(steadyMillis, (now) => Ref.set(refusing, now)))
          )
          yield* Effect.forEach(batch.flatMap(closedIn), tasks.issueClosed, { discard: true })
          Array.zip(entries, verdicts).forEach(([entry, { receipt }]) => entry.completeUnsafe(Exit.succeed(receipt)))
        })
      ).pipe(RequestResolver.batchN(MAX_BATCH))

      const { of, oldest, pending } = readsOf(sql)
      const { settle, taken, takenAt } = outcomesOf(sql)

      return {
        accept: (incoming) => Effect.request(new Accept({ incoming }), resolver),
        pending: (limit, except) => orStoreUnavailable(pending({ limit, except })),
        oldest: (limit) => orStoreUnavailable(oldest(limit)),
        of: (taskId) => orStoreUnavailable(of(taskId)),
        taken,
        takenAt,
        refusing: Ref.get(refusing),
        settle
      }
    })
  )
}

/** For those who go on from the requests. */
const keepSpans = (sql: SqlClient.SqlClient, entries: ReadonlyArray<Request.Entry<Accept>>) =>
  Effect.forEach(
    entries,
    ({ context, request: { incoming } }) =>
      Effect.flatMap(
        Effect.provideContext(traceparent, context),
        (span) => sql`update deliveries set traceparent = ${span}
          where delivery_id = ${incoming.delivery} and body_hash = ${incoming.bodyHash} and traceparent is null`
      ),
    { discard: true }
  )
