import { Clock, Context, Duration, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import type { IssueChange } from "../domain/IssueChange.ts"
import type { IssueRef, Subject } from "../domain/IssueRef.ts"
import type { Observation } from "../domain/Mandate.ts"
import type { Recollection } from "../domain/Recollection.ts"
import type { ForbiddenTransition, Task, TaskId } from "../domain/Task.ts"
import type { TaskState } from "../domain/TaskState.ts"
import { steadyMillis } from "../storage/SteadyClock.ts"
import { StoreHolder } from "../storage/StoreHolder.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { AnswerFate } from "./AnswerFate.ts"
import { makeIssueChanges } from "./IssueChanges.ts"
import type { Claim, LeaseLost } from "./Lease.ts"
import { makeTaskTable } from "./TaskTable.ts"
import type { Account, Charge, TaskTable } from "./TaskTable.ts"
import { makeTransitions } from "./Transitions.ts"
import type { Transitions } from "./Transitions.ts"
import { makeWaits } from "./Waits.ts"
import type { Awaited } from "./Waits.ts"

/** Durable tasks and their transitions. Nobody else writes their rows. */
export class Tasks extends Context.Service<
  Tasks,
  {
    find(id: TaskId): Effect.Effect<Task | null, StoreUnavailable>
    /** Those of the ids that are tasks. */
    existing(ids: ReadonlyArray<TaskId>): Effect.Effect<ReadonlySet<TaskId>, StoreUnavailable>
    /** The issues of tasks that may still have something to do. */
    readonly unfinished: Effect.Effect<ReadonlyArray<IssueRef>, StoreUnavailable>
    /**
     * Brings the task of an issue in line with what was observed, by the mandate table. `subject` null: the issue is gone. Work that
     * the issue tells of, and the store does not, is taken over.
     */
    observed(
      id: TaskId,
      subject: Subject | null,
      observation: Observation,
      known?: Recollection
    ): Effect.Effect<IssueChange, StoreUnavailable>
    /** The issue cannot be read, and why. The task is kept, and parked when that goes on for an hour. */
    unreadable(id: TaskId, why: string): Effect.Effect<void, StoreUnavailable>
    /** Parks a task that waits or runs; a run of it ends. */
    park(id: TaskId, cause: string): Effect.Effect<void, StoreUnavailable>
    /**
     * Its newest work, of this generation, is saved as this ref. The comment of a task that was cancelled or parked meanwhile names it,
     * too.
     */
    saved(task: Pick<Task, "id" | "generation">, ref: string): Effect.Effect<void, StoreUnavailable>
    /**
     * What became of a comment of the task's. It moves the task when it is the answer that the task waits for; `alongside` is committed
     * with that in any case.
     */
    answer(
      id: TaskId,
      key: string,
      fate: AnswerFate,
      alongside: Effect.Effect<void, StoreUnavailable>
    ): Effect.Effect<void, StoreUnavailable>
    /**
     * The best task that waits, by priority and then age, now running under a lease of its own; null when none waits, or when another
     * process holds the store.
     */
    readonly claim: Effect.Effect<Claim | null, StoreUnavailable>
    /** When the next task may be claimed (of `steadyMillis`); null when none waits or runs, or another process holds the store. */
    readonly due: Effect.Effect<number | null, StoreUnavailable>
    /** Those whose lease the task no longer carries. */
    lost(claims: ReadonlyArray<Claim>): Effect.Effect<ReadonlyArray<Claim>, StoreUnavailable>
    /** The task waits for these issues, or for none; whether it did not before. This process alone knows it. */
    waitsFor(id: TaskId, issues: ReadonlyArray<Awaited>): Effect.Effect<boolean>
    /** The tasks that wait for issues, and for which: they are running and are not worked. */
    readonly waiting: Effect.Effect<ReadonlyMap<TaskId, ReadonlyArray<Awaited>>, StoreUnavailable>
    /** That issue was closed or deleted: tasks that wait for it may be claimed at once. */
    issueClosed(issue: TaskId): Effect.Effect<void, StoreUnavailable>
    renew(claim: Claim): Effect.Effect<void, LeaseLost | StoreUnavailable>
    /** Runs `write` in a transaction that fails with `LeaseLost` unless the row still carries the lease. */
    fenced<A, E, R>(claim: Claim, write: Effect.Effect<A, E, R>): Effect.Effect<A, E | LeaseLost | StoreUnavailable, R>
    /** The same for a journal entry, and adds what was used to the task's account. `step`: what the entry says is under way now. */
    progress<A, E, R>(
      claim: Claim,
      used: Account,
      step: string | null,
      write: Effect.Effect<A, E, R>
    ): Effect.Effect<A, E | LeaseLost | StoreUnavailable, R>
    /** Adds to the account what a paid request costs, before it is made and when it has failed. */
    charge(claim: Claim, charge: Charge): Effect.Effect<void, LeaseLost | StoreUnavailable>
    /** Writes down what is under way, null for nothing. A crash counts against the task whose step was under way. */
    mark(claim: Claim, step: string | null): Effect.Effect<void, LeaseLost | StoreUnavailable>
    /** A fresh session has all its tries. Part of the caller's transaction. */
    tryAfresh(claim: Claim): Effect.Effect<void, LeaseLost | StoreUnavailable>
    /** Ends the claim with a transition; what `alongside` writes is committed with it. */
    move(
      claim: Claim,
      to: TaskState,
      cause: string,
      alongside: Effect.Effect<void, StoreUnavailable>
    ): Effect.Effect<void, LeaseLost | ForbiddenTransition | StoreUnavailable>
    /**
     * Ends the claim without a transition: the task is handed out again after the delay. A `pause` is nobody's fault, an `attempt` is
     * counted.
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
      const table = makeTaskTable(sql)
      const transitions = makeTransitions(sql)

      // Only the holder of the store runs this: whoever had a lease before is gone, and what was waited out may have been mended by
      // whoever restarts, such as a token. So a restart goes on at once.
      yield* orStoreUnavailable(table.takeOver)

      const claims = yield* makeClaims(table, transitions)

      const move = Effect.fn("Tasks.move")(
        function* (claimed: Claim, to: TaskState, cause: string, alongside: Effect.Effect<void, StoreUnavailable>) {
          yield* table.end(claimed, to, cause, yield* Clock.currentTimeMillis)
          yield* transitions.record({ id: claimed.task.id, state: "running" }, to, cause)
          yield* alongside
        },
        sql.withTransaction,
        orStoreUnavailable
      )

      const release = Effect.fn("Tasks.release")(function* (
        claimed: Claim,
        delay: Duration.Duration,
        as: "pause" | "attempt"
      ) {
        const notBefore = (yield* steadyMillis) + Duration.toMillis(delay)
        yield* table.release(claimed, notBefore, as === "attempt" ? 1 : 0)
      }, orStoreUnavailable)

      const within = <A, E, R, E2>(check: Effect.Effect<void, E2>, write: Effect.Effect<A, E, R>) =>
        check.pipe(Effect.andThen(write), sql.withTransaction, orStoreUnavailable)

      return {
        ...(yield* makeIssueChanges(table, transitions)),
        ...(yield* makeWaits(table)),
        find: (id: TaskId) => orStoreUnavailable(table.find(id)),
        existing: (ids: ReadonlyArray<TaskId>) => orStoreUnavailable(table.existing(ids)),
        unfinished: orStoreUnavailable(table.unfinished),
        ...claims,
        lost: (claims: ReadonlyArray<Claim>) =>
          Effect.filter(claims, (one) => Effect.map(orStoreUnavailable(table.carries(one)), (does) => !does)),
        renew: Effect.fn("Tasks.renew")(
          (claimed: Claim) => Effect.flatMap(steadyMillis, (steady) => table.renew(claimed, steady)),
          orStoreUnavailable
        ),
        fenced: <A, E, R>(claimed: Claim, write: Effect.Effect<A, E, R>) => within(table.check(claimed), write),
        progress: <A, E, R>(claimed: Claim, used: Account, step: string | null, write: Effect.Effect<A, E, R>) =>
          within(table.progress(claimed, used, step), write),
        charge: (claimed: Claim, charge: Charge) => orStoreUnavailable(table.charge(claimed, charge)),
        mark: (claimed: Claim, step: string | null) => orStoreUnavailable(table.mark(claimed, step)),
        tryAfresh: (claimed: Claim) => orStoreUnavailable(table.tryAfresh(claimed)),
        move,
        release
      }
    })
  )
}

/** Who may hand out tasks, and when. */
const makeClaims = Effect.fnUntraced(function* (table: TaskTable, transitions: Transitions) {
  const sql = yield* SqlClient.SqlClient
  const holder = yield* StoreHolder
  const random = yield* SecureRandom.SecureRandom

  const take = Effect.fnUntraced(function* (steady: number) {
    if (!(yield* holder.held)) return null
    const lease = yield* random.uuidV4()
    const task = yield* table.claim(lease, { now: yield* Clock.currentTimeMillis, steady })
    if (task === null) return null
    yield* transitions.recordClaim(task.id)
    return { task, lease } satisfies Claim
  }, sql.withTransaction)

  // Read first, so that nothing is locked when there is nothing to claim.
  const claim = Effect.gen(function* () {
    const steady = yield* steadyMillis
    return (yield* table.canClaim(steady)) ? yield* take(steady) : null
  }).pipe(orStoreUnavailable, Effect.withSpan("Tasks.claim"))

  const due = Effect.flatMap(holder.held, (held) =>
    held ? Effect.flatMap(steadyMillis, table.due) : Effect.succeed(null)
  )

  return { claim, due: orStoreUnavailable(due) }
})
