import { Clock, Duration, Effect, FiberMap, Layer, Semaphore } from "effect"
import { isRepair } from "../domain/IssueChange.ts"
import type { IssueChange } from "../domain/IssueChange.ts"
import { tellingActions } from "../domain/Gap.ts"
import type { TaskId } from "../domain/Task.ts"
import { isOutOfSight } from "../gitea/GiteaError.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import { Settings } from "../Settings.ts"
import type { IssueRef } from "../domain/IssueRef.ts"
import { IssueObserver } from "../task/IssueObserver.ts"
import { Gaps } from "./Gaps.ts"
import { Inbox } from "./Inbox.ts"
import type { Waiting } from "./Inbox.ts"

/** Issues looked at side by side. */
const CONCURRENCY = 8
/** Issues with waiting deliveries taken into account at once. */
const ISSUES_AT_ONCE = 1000
const IDLE = Duration.seconds(1)
const FIRST_WAIT = Duration.seconds(2)
const LONGEST_WAIT = Duration.minutes(5)
/** Looks at an issue that stays out of sight, over more than an hour, before its deliveries are given up. */
const LOOKS = 20

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
export const DeliveryWorker = Layer.effectDiscard(
  Effect.gen(function* () {
    const { giteaToken } = yield* Settings
    const gaps = yield* Gaps
    const inbox = yield* Inbox
    const observer = yield* IssueObserver
    const running = yield* FiberMap.make<TaskId>()
    const places = yield* Semaphore.make(CONCURRENCY)
    const resting = new Map<TaskId, Rest>()

    const settle = Effect.fnUntraced(function* (ref: IssueRef, waiting: ReadonlyArray<Waiting>) {
      const seqs = waiting.map(({ seq }) => seq)
      /** A change that none of these deliveries told of was lost on its way, and came to light by chance. */
      const note = (change: IssueChange) =>
        isRepair(change) && !waiting.some(({ action }) => tellingActions(change.after.state).includes(action ?? ""))
          ? gaps.suspect(change.after)
          : Effect.void
      yield* observer.observe(ref, (change) => Effect.andThen(inbox.settle(seqs, "done", null), note(change)))
      resting.delete(ref.taskId)
    })

    const pause = Effect.fnUntraced(function* ({ taskId }: IssueRef) {
      const count = (resting.get(taskId)?.count ?? 0) + 1
      resting.set(taskId, { count, until: (yield* Clock.currentTimeMillis) + wait(count) })
      return count
    })

    const rest = Effect.fnUntraced(function* (ref: IssueRef, error: GiteaError, waiting: ReadonlyArray<Waiting>) {
      const count = yield* pause(ref)
      yield* count === 1
        ? Effect.logWarning("Issue cannot be looked at yet", error)
        : Effect.logDebug("Still not", error)
      if (!isOutOfSight(error) || count < LOOKS) return
      yield* Effect.logWarning("Deliveries given up", error)
      const seqs = waiting.map(({ seq }) => seq)
      yield* inbox.settle(seqs, "failed", error.message)
      resting.delete(ref.taskId)
    })

    const handle = (ref: IssueRef) =>
      inbox.of(ref.taskId).pipe(
        Effect.flatMap((waiting) =>
          settle(ref, waiting).pipe(
            Effect.catchTag("GiteaError", (error) => rest(ref, error, waiting)),
            Effect.catchDefect((defect) =>
              Effect.andThen(Effect.logError("Delivery could not be handled", defect), pause(ref))
            ),
            // One line, however many wait: under the newest.
            Effect.annotateLogs({ delivery: waiting.at(-1)?.delivery })
          )
        ),
        Effect.catchTag("StoreUnavailable", (error) => Effect.logError("Deliveries wait", error)),
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
