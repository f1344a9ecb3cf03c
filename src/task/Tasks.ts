import { Clock, Context, Duration, Effect, Layer, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import type { SqlError, Statement } from "effect/sql"
import { decide } from "../domain/Mandate.ts"
import type { Observation } from "../domain/Mandate.ts"
import type { ForbiddenTransition, Task, TaskId } from "../domain/Task.ts"
import type { TaskState } from "../domain/TaskState.ts"
import { Doorbell } from "../storage/Doorbell.ts"
import { StoreHolder } from "../storage/StoreHolder.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { apply } from "./Application.ts"
import { LEASE, LeaseLost } from "./Lease.ts"
import type { Claim } from "./Lease.ts"
import { Outbox } from "../outbox/Outbox.ts"
import type { OutboxEntry } from "../outbox/Outbox.ts"
import type { IssueChange } from "../domain/IssueChange.ts"
import type { IssueRef, Subject } from "../domain/IssueRef.ts"
import { noteUnreadable, park } from "./Parking.ts"
import { findExisting, findUnfinished, taskOf } from "./TaskRow.ts"
import { record, recordClaim } from "./Transitions.ts"

type Ours = SqlError.SqlError | Schema.SchemaError | StoreUnavailable | ForbiddenTransition

/** Durable tasks: the only place that writes their rows. */
export class Tasks extends Context.Service<
  Tasks,
  {
    find(id: TaskId): Effect.Effect<Task | null, StoreUnavailable>
    /** Which of these tasks exist. */
    existing(ids: ReadonlyArray<TaskId>): Effect.Effect<ReadonlySet<TaskId>, StoreUnavailable>
    /** The issues of tasks that may still have something to do. */
    readonly unfinished: Effect.Effect<ReadonlyArray<IssueRef>, StoreUnavailable>
    /** Brings the task of an issue in line with what was observed, by the mandate table. `subject` null: the issue is gone. */
    observed(
      id: TaskId,
      subject: Subject | null,
      observation: Observation
    ): Effect.Effect<IssueChange, StoreUnavailable>
    /** The issue cannot be read, and why. The task is kept, and parked when that goes on for an hour. */
    unreadable(id: TaskId, why: string): Effect.Effect<void, StoreUnavailable>
    /** Parks a task that waits or runs; a run of it ends. */
    park(id: TaskId, cause: string): Effect.Effect<void, StoreUnavailable>
    /** The best task that waits, by priority and then age, now running under a lease of its own; null when none waits, or when
     * another process holds the store. */
    readonly claim: Effect.Effect<Claim | null, StoreUnavailable>
    /** When the next task may be claimed (milliseconds); null when none waits or runs, or another process holds the store. */
    readonly due: Effect.Effect<number | null, StoreUnavailable>
    /** Those whose lease the task no longer carries. */
    lost(claims: ReadonlyArray<Claim>): Effect.Effect<ReadonlyArray<Claim>, StoreUnavailable>
    renew(claim: Claim): Effect.Effect<void, LeaseLost | StoreUnavailable>
    /** Runs `write` in a transaction that fails with `LeaseLost` unless the row still carries the lease. */
    fenced<A, E, R>(claim: Claim, write: Effect.Effect<A, E, R>): Effect.Effect<A, E | LeaseLost | StoreUnavailable, R>
    /** Ends the claim, and the session it worked in, with a transition, and says so on the issue. */
    move(
      claim: Claim,
      to: TaskState,
      cause: string,
      reports: ReadonlyArray<OutboxEntry>
    ): Effect.Effect<void, LeaseLost | ForbiddenTransition | StoreUnavailable>
    /**
     * Ends the claim without a transition: the task is handed out again after the delay. A `pause` is nobody's fault and does not
     * count as an attempt.
     */
    release(
      claim: Claim,
      delay: Duration.Duration,
      as: "pause" | "attempt"
    ): Effect.Effect<void, LeaseLost | StoreUnavailable>
  }
>()("mosaic-coordinator/task/Tasks") {
  static readonly layer = Layer.effect(
    Tasks,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const holder = yield* StoreHolder
      const outbox = yield* Outbox
      const random = yield* SecureRandom.SecureRandom
      const doorbell = yield* Doorbell

      // Only the holder of the store runs this: whoever had a lease before is gone, so a restart goes on at once.
      yield* sql`update tasks set lease = null, lease_expires_at = null, not_before = 0 where lease is not null`.pipe(
        orStoreUnavailable
      )

      const find = Effect.fnUntraced(function* (id: TaskId) {
        const rows = yield* sql`select * from tasks where id = ${id}`
        return rows[0] === undefined ? null : yield* taskOf(rows[0])
      }, orStoreUnavailable)

      const existing = Effect.fnUntraced(function* (ids: ReadonlyArray<TaskId>) {
        const rows = yield* findExisting(sql)(ids)
        return new Set(rows.map(({ id }) => id))
      }, orStoreUnavailable)

      const unfinished = findUnfinished(sql).pipe(orStoreUnavailable)

      /** Changes a task by what is outside of its run, and rings when its state is another one. */
      const change = <E>(id: TaskId, write: (before: Task | null) => Effect.Effect<unknown, E>) =>
        Effect.gen(function* () {
          const before = yield* find(id)
          yield* write(before)
          const after = yield* find(id)
          if (after !== null && after.state !== before?.state) yield* doorbell.ring("tasks")
          return { before, after }
        }).pipe(sql.withTransaction, orStoreUnavailable)

      const writers = { sql, outbox }
      const observed = Effect.fn("Tasks.observed")(
        (id: TaskId, subject: Subject | null, observation: Observation) =>
          Effect.map(
            change(id, (before) => apply(writers, id, subject, before, decide(before, observation))),
            (task): IssueChange => ({ observation, ...task })
          ),
        // The mandate table never asks for a transition the state machine forbids.
        Effect.catchTag("ForbiddenTransition", Effect.die)
      )

      const onTask = (id: TaskId, write: (task: Task) => Effect.Effect<void, Ours>) =>
        change(id, (task) => (task === null ? Effect.void : write(task))).pipe(
          Effect.catchTag("ForbiddenTransition", Effect.die),
          Effect.asVoid
        )
      const unreadable = Effect.fn("Tasks.unreadable")((id: TaskId, why: string) =>
        onTask(id, (task) => noteUnreadable(writers, task, why))
      )
      const parkTask = Effect.fn("Tasks.park")((id: TaskId, cause: string) =>
        onTask(id, (task) => park(writers, task, cause))
      )

      const held = sql`exists (select 1 from holder where token = ${holder.token})`
      const best = (
        now: number
      ) => sql`select id from tasks where state in ('ready', 'running') and not_before <= ${now}
        and (lease is null or lease_expires_at <= ${now}) order by priority, ready_at, id limit 1`

      const take = Effect.fnUntraced(function* (now: number) {
        const lease = yield* random.uuidV4()
        const rows = yield* sql`update tasks set state = 'running', lease = ${lease}, attempts = attempts + 1,
          lease_expires_at = ${now + Duration.toMillis(LEASE)}, updated_at = ${now}
          where id = (${best(now)}) and ${held} returning *`
        if (rows[0] === undefined) return null
        const task = yield* taskOf(rows[0])
        yield* recordClaim(sql, task.id)
        return { task, lease }
      }, sql.withTransaction)

      // Read first, so that nothing is locked when there is nothing to claim.
      const claim = Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const found = yield* sql`select 1 where exists (${best(now)}) and ${held}`
        return found.length === 0 ? null : yield* take(now)
      }).pipe(orStoreUnavailable, Effect.withSpan("Tasks.claim"))

      const due = sql<{
        due: number | null
      }>`select min(max(not_before, coalesce(lease_expires_at, 0))) as due from tasks
        where state in ('ready', 'running') and ${held}`.pipe(
        Effect.map(([row]) => row?.due ?? null),
        orStoreUnavailable
      )

      const carries = Effect.fnUntraced(function* ({ lease, task }: Claim) {
        return (yield* sql`select 1 from tasks where id = ${task.id} and lease = ${lease}`).length > 0
      }, orStoreUnavailable)
      const lost = (claims: ReadonlyArray<Claim>) =>
        Effect.filter(claims, (claim) => Effect.map(carries(claim), (does) => !does))

      const touch = Effect.fnUntraced(function* ({ task, lease }: Claim, set: Statement.Fragment) {
        const rows = yield* sql`update tasks set ${set} where id = ${task.id} and lease = ${lease} returning id`
        if (rows.length === 0) return yield* new LeaseLost({ task: task.id })
      })

      const renew = Effect.fn("Tasks.renew")(function* (claim: Claim) {
        const now = yield* Clock.currentTimeMillis
        yield* touch(claim, sql`lease_expires_at = ${now + Duration.toMillis(LEASE)}`)
      }, orStoreUnavailable)

      const fenced = <A, E, R>(claim: Claim, write: Effect.Effect<A, E, R>) =>
        touch(claim, sql`attempts = attempts`).pipe(Effect.andThen(write), sql.withTransaction, orStoreUnavailable)

      const move = Effect.fn("Tasks.move")(
        function* (claim: Claim, to: TaskState, cause: string, reports: ReadonlyArray<OutboxEntry>) {
          const now = yield* Clock.currentTimeMillis
          yield* touch(
            claim,
            sql`state = ${to}, cause = ${cause}, lease = null, lease_expires_at = null, ready_at = ${now}, updated_at = ${now}`
          )
          yield* record(sql, { id: claim.task.id, state: "running" }, to, cause)
          // In the same commit: a session that had ended before its task moved would be followed by another one.
          yield* sql`update sessions set state = 'ended', ended_at = ${now} where task_id = ${claim.task.id} and state = 'open'`
          yield* Effect.forEach(reports, outbox.put, { discard: true })
        },
        sql.withTransaction,
        orStoreUnavailable
      )

      const release = Effect.fn("Tasks.release")(function* (
        claim: Claim,
        delay: Duration.Duration,
        as: "pause" | "attempt"
      ) {
        const now = yield* Clock.currentTimeMillis
        yield* touch(
          claim,
          sql`lease = null, lease_expires_at = null, not_before = ${now + Duration.toMillis(delay)},
            attempts = max(0, attempts - ${as === "pause" ? 1 : 0})`
        )
      }, orStoreUnavailable)

      return {
        find,
        existing,
        unfinished,
        observed,
        unreadable,
        park: parkTask,
        claim,
        due,
        lost,
        renew,
        fenced,
        move,
        release
      }
    })
  )
}
