import { Duration, Effect, FiberSet, identity, Layer, Semaphore } from "effect"
import { isRepair } from "../domain/IssueChange.ts"
import type { IssueChange } from "../domain/IssueChange.ts"
import { tellingActions } from "../domain/Gap.ts"
import type { IssueRef } from "../domain/IssueRef.ts"
import type { Task, TaskId } from "../domain/Task.ts"
import { isOutOfSight } from "../gitea/GiteaError.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import { Settings } from "../Settings.ts"
import { Doorbell } from "../storage/Doorbell.ts"
import { IssueObserver } from "../task/IssueObserver.ts"
import { resumedSpan } from "../telemetry/Tracing.ts"
import { AFTER_STORE, makeTrouble } from "../telemetry/Trouble.ts"
import { Gaps } from "./Gaps.ts"
import { Inbox } from "./Inbox.ts"
import type { Waiting } from "./Inbox.ts"

/** Issues looked at side by side. */
const CONCURRENCY = 8
/** Issues with waiting deliveries taken into account at once. */
const ISSUES_AT_ONCE = 1000
const FIRST_REST = Duration.seconds(4)
/** Looks at an issue that stays out of sight, over more than an hour, before its deliveries are given up. */
const LOOKS = 20

const seqsOf = (waiting: ReadonlyArray<Waiting>) => waiting.map(({ seq }) => seq)

/** Whether none of these deliveries told of a change: its own was lost on the way, and it came to light by chance. */
const isSurprise = (change: IssueChange, waiting: ReadonlyArray<Waiting>): change is IssueChange & { after: Task } =>
  isRepair(change) && !waiting.some(({ action }) => tellingActions(change.after.state).includes(action ?? ""))

/** Settles what waits for an issue by one look at it. Gives the rest before the next one, or null when nothing waits any more. */
const makeHandling = Effect.gen(function* () {
  const gaps = yield* Gaps
  const inbox = yield* Inbox
  const observer = yield* IssueObserver
  const places = yield* Semaphore.make(CONCURRENCY)
  const looks = makeTrouble<TaskId>({ says: "Issue cannot be read", first: FIRST_REST })
  const faults = makeTrouble<TaskId>({ says: "Delivery could not be handled", level: "Error", first: FIRST_REST })
  const commits = makeTrouble<null>({ says: "Deliveries cannot be handled", level: "Error" })

  const settle = Effect.fnUntraced(function* (ref: IssueRef, waiting: ReadonlyArray<Waiting>) {
    if (waiting.length === 0) return null
    yield* observer.observe(ref, (change) =>
      Effect.andThen(
        inbox.settle(seqsOf(waiting), "done", null),
        isSurprise(change, waiting) ? gaps.suspect(change.after) : Effect.void
      )
    )
    yield* looks.over(ref.taskId)
    yield* faults.over(ref.taskId)
    return null
  })

  const postpone = Effect.fnUntraced(function* (
    { taskId }: IssueRef,
    error: GiteaError,
    waiting: ReadonlyArray<Waiting>
  ) {
    const { count, rest } = yield* looks.met(taskId, { error })
    if (!isOutOfSight(error) || count < LOOKS) return rest
    yield* Effect.logWarning("Deliveries given up", error)
    yield* inbox.settle(seqsOf(waiting), "failed", error.message)
    yield* looks.over(taskId)
    return null
  })

  return (ref: IssueRef) =>
    inbox.of(ref.taskId).pipe(
      Effect.flatMap((waiting) =>
        settle(ref, waiting).pipe(
          Effect.catchTag("GiteaError", (error) => postpone(ref, error, waiting)),
          Effect.catchDefect((error) => Effect.map(faults.met(ref.taskId, { error }), ({ rest }) => rest)),
          waiting.length === 0
            ? identity
            : resumedSpan(
                "DeliveryWorker.settle",
                ref.taskId,
                waiting.map((it) => it.traceparent)
              ),
          // One line, however many wait: under the newest.
          Effect.annotateLogs({ delivery: waiting.at(-1)?.delivery })
        )
      ),
      Effect.tap(commits.over(null)),
      Effect.catchTag("StoreUnavailable", (error) => Effect.as(commits.met(null, { error }), AFTER_STORE)),
      places.withPermit,
      Effect.annotateLogs({ task: ref.taskId })
    )
})

/**
 * Turns accepted deliveries into observations of their issues, through the API. All that wait for one issue are settled by a single
 * look, in the transaction that applies it; a look that fails leaves them waiting.
 */
export const DeliveryWorker = Layer.effectDiscard(
  Effect.gen(function* () {
    const { giteaToken } = yield* Settings
    const doorbell = yield* Doorbell
    const inbox = yield* Inbox
    const handle = yield* makeHandling
    const fibers = yield* FiberSet.make()
    /** The issues at hand, each with what a sweep found of it since its last look. */
    const atHand = new Map<TaskId, IssueRef | null>()

    /** Looks at an issue until nothing more waits for it; rests in between when a look failed. */
    const attend = Effect.fnUntraced(function* (id: TaskId) {
      let ref = atHand.get(id)
      while (ref) {
        atHand.set(id, null)
        const rest = yield* handle(ref)
        if (rest !== null) {
          yield* Effect.sleep(rest)
          atHand.set(id, atHand.get(id) ?? ref)
        }
        ref = atHand.get(id)
      }
      atHand.delete(id)
    })

    const sweep = Effect.gen(function* () {
      for (const ref of yield* inbox.pending(ISSUES_AT_ONCE)) {
        const isNew = !atHand.has(ref.taskId)
        atHand.set(ref.taskId, ref)
        if (isNew) yield* FiberSet.run(fibers, attend(ref.taskId))
      }
      return null
    })

    if (giteaToken !== null) {
      yield* Effect.forkScoped(doorbell.follow("deliveries", "Deliveries cannot be read", sweep))
    }
  })
)
