import { Context, Effect, Layer, RcMap, Schema, Semaphore } from "effect"
import { SqlClient } from "effect/sql"
import type { Change } from "../domain/Change.ts"
import type { TaskId } from "../domain/Task.ts"
import { GiteaError, isOutOfSight } from "../gitea/GiteaError.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { IssueLook } from "./IssueLook.ts"
import type { IssueRef, Look } from "./IssueLook.ts"
import { Tasks } from "./Tasks.ts"

const isGiteaError = Schema.is(GiteaError)

/** Brings tasks in line with their issues: observations of one issue one at a time, from the look to the commit. */
export class Observer extends Context.Service<
  Observer,
  {
    /** Looks through the API. */
    observe(ref: IssueRef): Effect.Effect<Look, GiteaError | StoreUnavailable>
    /**
     * With a look and a last write of the caller's own. `look` begins when it is this observation's turn; `settle` is committed
     * together with what follows for the task.
     */
    observeWith<E, E2>(
      id: TaskId,
      look: Effect.Effect<Look, E>,
      settle: (change: Change) => Effect.Effect<void, E2>
    ): Effect.Effect<Look, E | E2 | StoreUnavailable>
  }
>()("mosaic-coordinator/task/Observer") {
  static readonly layer = Layer.effect(
    Observer,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const tasks = yield* Tasks
      const issues = yield* IssueLook
      const turns = yield* RcMap.make<TaskId, Semaphore.Semaphore, never, never>({ lookup: () => Semaphore.make(1) })

      const inTurn = <A, E, R>(id: TaskId, effect: Effect.Effect<A, E, R>) =>
        RcMap.get(turns, id).pipe(
          Effect.flatMap((turn) => turn.withPermit(effect)),
          Effect.scoped
        )

      const observeWith = <E, E2>(
        id: TaskId,
        look: Effect.Effect<Look, E>,
        settle: (change: Change) => Effect.Effect<void, E2>
      ) => {
        const apply = Effect.fnUntraced(
          function* ({ subject, observation }: Look) {
            const before = yield* tasks.find(id)
            yield* settle({ observation, before, after: yield* tasks.observed(id, subject, observation) })
          },
          sql.withTransaction,
          orStoreUnavailable
        )
        return inTurn(
          id,
          look.pipe(
            Effect.tapError((error) =>
              isGiteaError(error) && isOutOfSight(error) ? tasks.unreadable(id, error.message) : Effect.void
            ),
            Effect.tap(apply)
          )
        )
      }

      return {
        observe: Effect.fn("Observer.observe")((ref: IssueRef) =>
          observeWith(ref.taskId, issues.at(ref), () => Effect.void)
        ),
        observeWith
      }
    })
  )
}
