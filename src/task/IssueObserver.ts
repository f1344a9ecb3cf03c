import { Context, Effect, Layer, RcMap, Semaphore } from "effect"
import { SqlClient } from "effect/sql"
import type { IssueChange } from "../domain/IssueChange.ts"
import { NOTHING_KNOWN } from "../domain/Recollection.ts"
import type { TaskId } from "../domain/Task.ts"
import { isOutOfSight } from "../gitea/GiteaError.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { IssueReader } from "../issue/IssueReader.ts"
import type { IssueRef } from "../domain/IssueRef.ts"
import type { Look } from "../issue/IssueReader.ts"
import { Tasks } from "./Tasks.ts"

/** A look at an issue, and its task before and after it. */
export interface Observed extends Look, IssueChange {}

/** Brings tasks in line with their issues: observations of one issue one at a time, from the look to the commit. */
export class IssueObserver extends Context.Service<
  IssueObserver,
  {
    /**
     * Looks through the API when it is this observation's turn. What `settle` writes is committed together with what follows for the
     * task.
     */
    observe<E = never>(
      ref: IssueRef,
      settle?: (change: IssueChange) => Effect.Effect<void, E>
    ): Effect.Effect<Observed, GiteaError | StoreUnavailable | E>
  }
>()("mosaic-coordinator/task/IssueObserver") {
  static readonly layer = Layer.effect(
    IssueObserver,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const tasks = yield* Tasks
      const issues = yield* IssueReader
      const turns = yield* RcMap.make<TaskId, Semaphore.Semaphore, never, never>({ lookup: () => Semaphore.make(1) })

      const inTurn = <A, E, R>(id: TaskId, effect: Effect.Effect<A, E, R>) =>
        RcMap.get(turns, id).pipe(
          Effect.flatMap((turn) => turn.withPermit(effect)),
          Effect.scoped
        )

      const look = (ref: IssueRef) =>
        tasks.find(ref.taskId).pipe(
          Effect.flatMap((task) => issues.look(ref, task?.state === "parked")),
          Effect.tapErrorTag("GiteaError", (error) =>
            isOutOfSight(error) ? tasks.unreadable(ref.taskId, error.message) : Effect.void
          )
        )

      /** Of an issue that has no task yet: the store may be a new one, beside issues that were answered. */
      const recollection = Effect.fnUntraced(function* (id: TaskId, { observation }: Look) {
        const isNew = observation._tag === "Assigned" && (yield* tasks.find(id)) === null
        return isNew ? yield* issues.recollect(id) : NOTHING_KNOWN
      })

      const observe = Effect.fn("IssueObserver.observe")(
        <E = never>(
          { taskId, fullName }: IssueRef,
          settle: (change: IssueChange) => Effect.Effect<void, E> = () => Effect.void
        ) =>
          look({ taskId, fullName }).pipe(
            Effect.bindTo("seen"),
            Effect.bind("known", ({ seen }) => recollection(taskId, seen)),
            Effect.flatMap(({ known, seen }) =>
              tasks.observed(taskId, seen.subject, seen.observation, known).pipe(
                Effect.tap(settle),
                sql.withTransaction,
                orStoreUnavailable,
                Effect.map((change): Observed => ({ ...seen, ...change }))
              )
            ),
            (effect) => inTurn(taskId, effect)
          )
      )

      return { observe }
    })
  )
}
