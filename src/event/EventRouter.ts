import { Clock, Duration, Effect, FiberMap, Layer, Semaphore } from "effect"
import type { TaskId } from "../domain/Task.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import { Settings } from "../Settings.ts"
import { IssueLook } from "../task/IssueLook.ts"
import type { IssueRef } from "../task/IssueLook.ts"
import { Observer } from "../task/Observer.ts"
import { Inbox } from "./Inbox.ts"

/** Issues looked at side by side. */
const CONCURRENCY = 8
/** Issues with waiting deliveries taken into account at once. */
const ISSUES_AT_ONCE = 1000
const IDLE = Duration.seconds(1)
const FIRST_WAIT = Duration.seconds(2)
const LONGEST_WAIT = Duration.minutes(5)

/** An issue whose look failed: how often in a row, and when it may be looked at again (milliseconds). */
interface Rest {
  readonly count: number
  readonly until: number
}

const wait = (count: number): number =>
  Math.min(Duration.toMillis(LONGEST_WAIT), Duration.toMillis(FIRST_WAIT) * 2 ** count)

/**
 * Turns accepted deliveries into observations of their issues, through the API. All that wait for one issue are settled by a single
 * look, in the transaction that applies it; a look that fails leaves them waiting.
 */
export const EventRouter = Layer.effectDiscard(
  Effect.gen(function* () {
    const { giteaToken } = yield* Settings
    const inbox = yield* Inbox
    const issues = yield* IssueLook
    const observer = yield* Observer
    const running = yield* FiberMap.make<TaskId>()
    const places = yield* Semaphore.make(CONCURRENCY)
    const resting = new Map<TaskId, Rest>()

    const look = Effect.fnUntraced(function* (ref: IssueRef) {
      const waiting = yield* inbox.of(ref.taskId)
      const seqs = waiting.map(({ seq }) => seq)
      yield* observer.observeWith(ref.taskId, issues.at(ref), () => inbox.settle(seqs, "done", null))
    })

    const rest = Effect.fnUntraced(function* ({ taskId }: IssueRef, error: GiteaError) {
      const count = (resting.get(taskId)?.count ?? 0) + 1
      resting.set(taskId, { count, until: (yield* Clock.currentTimeMillis) + wait(count) })
      yield* count === 1
        ? Effect.logWarning("Issue cannot be looked at yet", error)
        : Effect.logDebug("Still not", error)
    })

    const handle = (ref: IssueRef) =>
      look(ref).pipe(
        Effect.andThen(Effect.sync(() => resting.delete(ref.taskId))),
        Effect.catchTags({
          GiteaError: (error) => rest(ref, error),
          StoreUnavailable: (error) => Effect.logError("Deliveries wait", error)
        }),
        Effect.catchDefect((defect) => Effect.logError("Delivery could not be handled", defect)),
        places.withPermit,
        Effect.annotateLogs({ task: ref.taskId })
      )

    const sweep = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const due = (yield* inbox.pending(ISSUES_AT_ONCE)).filter(
        ({ taskId }) => (resting.get(taskId)?.until ?? 0) <= now
      )
      yield* Effect.forEach(due, (ref) => FiberMap.run(running, ref.taskId, handle(ref), { onlyIfMissing: true }), {
        discard: true
      })
    })

    const follow = sweep.pipe(
      Effect.catchCause((cause) => Effect.logError("Cannot look for deliveries", cause)),
      Effect.andThen(Effect.timeoutOption(inbox.arrived, IDLE)),
      Effect.forever
    )
    if (giteaToken !== null) yield* Effect.forkScoped(follow)
  })
)
