import { Duration, Effect, FiberSet, identity, Layer } from "effect"
import { isRepair } from "../domain/IssueChange.ts"
import type { IssueChange } from "../domain/IssueChange.ts"
import { tellingActions } from "../domain/Gap.ts"
import type { IssueRef } from "../domain/IssueRef.ts"
import type { Task, TaskId } from "../domain/Task.ts"
import { isOutOfSight } from "../gitea/GiteaError.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import { Settings } from "../Settings.ts"
import { Doorbell } from "../storage/Doorbell.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { IssueObserver } from "../task/IssueObserver.ts"
import { resumedSpan } from "../telemetry/Tracing.ts"
import { AFTER_STORE, makeTrouble } from "../telemetry/Trouble.ts"
import { Gaps } from "./Gaps.ts"
import { Inbox } from "./Inbox.ts"
import type { Waiting } from "./Inbox.ts"
import { makePlaces } from "./Places.ts"

/** Issues looked at side by side, */
const CONCURRENCY = 8
/** and how many of these may be old trouble: a new one finds a place at once. */
const OLD_TROUBLE = 4
/** Issues with waiting deliveries that one sweep takes up, and that are at hand in all. */
const ISSUES_AT_ONCE = 1000
const MOST_AT_HAND = 10_000
const FIRST_REST = Duration.seconds(4)
/** Looks at an issue that stays out of sight, over more than an hour, before its deliveries are given up. */
const LOOKS = 20

const seqsOf = (waiting: ReadonlyArray<Waiting>) => waiting.map(({ seq }) => seq)

/** Whether none of these deliveries told of a change: its own was lost on the way, and it came to light by chance. */
const isSurprise = (change: IssueChange, waiting: ReadonlyArray<Waiting>): change is IssueChange & { after: Task } =>
  isRepair(change) && !waiting.some(({ action }) => tellingActions(change.after.state).includes(action ?? ""))

/** How it went: all that waited was settled, or nothing waited any more, or the rest before the next look. */
type Handled = "settled" | "nothing" | Duration.Duration

/** Goes on from the requests that brought them. */
const resumed = (
  task: TaskId,
  waiting: ReadonlyArray<Waiting>
): (<A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>) =>
  waiting.length === 0
    ? identity
    : resumedSpan(
        "DeliveryWorker.settle",
        task,
        waiting.map((it) => it.traceparent)
      )

/** Lets so many look at issues at a time, and fewer at those that were in trouble. */
const makeRoom = (isTrouble: (ref: IssueRef) => boolean) => {
  const places = makePlaces(CONCURRENCY)
  const oldTrouble = makePlaces(OLD_TROUBLE)
  return (ref: IssueRef, isOld: boolean) =>
    <A, E, R>(work: Effect.Effect<A, E, R>) =>
      Effect.suspend(() => (isOld || isTrouble(ref) ? oldTrouble(places(work)) : places(work)))
}

/** Settles what waits for an issue by one look at it. */
const makeHandling = Effect.gen(function* () {
  const gaps = yield* Gaps
  const inbox = yield* Inbox
  const observer = yield* IssueObserver
  const looks = makeTrouble<TaskId>({ says: "Issue cannot be read", first: FIRST_REST })
  const faults = makeTrouble<TaskId>({ says: "Delivery could not be handled", level: "Error", first: FIRST_REST })
  const commits = makeTrouble<null>({ says: "Deliveries cannot be handled", level: "Error" })

  const settle = Effect.fnUntraced(function* (
    ref: IssueRef,
    waiting: ReadonlyArray<Waiting>
  ): Effect.fn.Return<Handled, GiteaError | StoreUnavailable> {
    if (waiting.length === 0) return "nothing"
    yield* observer.observe(ref, (change) =>
      Effect.andThen(
        inbox.settle(seqsOf(waiting), "done", null),
        isSurprise(change, waiting) ? gaps.suspect(change.after) : Effect.void
      )
    )
    yield* looks.over(ref.taskId)
    yield* faults.over(ref.taskId)
    return "settled"
  })

  const postpone = Effect.fnUntraced(function* (
    { taskId }: IssueRef,
    error: GiteaError,
    waiting: ReadonlyArray<Waiting>
  ): Effect.fn.Return<Handled, StoreUnavailable> {
    const { count, rest } = yield* looks.met(taskId, { error })
    if (!isOutOfSight(error) || count < LOOKS) return rest
    yield* Effect.logWarning("Deliveries given up", error)
    yield* inbox.settle(seqsOf(waiting), "failed", error.message)
    yield* looks.over(taskId)
    return "settled"
  })

  const inPlace = makeRoom(({ taskId }) => looks.has(taskId) || faults.has(taskId))

  /** `isOld`: it waited before this process was there, and may have been trouble then. */
  return (ref: IssueRef, isOld: boolean): Effect.Effect<Handled> =>
    inbox.of(ref.taskId).pipe(
      Effect.flatMap((waiting) =>
        settle(ref, waiting).pipe(
          Effect.catchTag("GiteaError", (error) => postpone(ref, error, waiting)),
          Effect.catchDefect((error) => Effect.map(faults.met(ref.taskId, { error }), ({ rest }) => rest)),
          resumed(ref.taskId, waiting),
          // One line, however many wait: under the newest.
          Effect.annotateLogs({ delivery: waiting.at(-1)?.delivery })
        )
      ),
      Effect.tap(commits.over(null)),
      Effect.catchTag("StoreUnavailable", (error) => Effect.as(commits.met(null, { error }), AFTER_STORE)),
      inPlace(ref, isOld),
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
    /** The issues at hand: looked at, waiting for a place, or resting. No sweep looks for them. */
    const atHand = new Set<TaskId>()
    let sweeps = 0
    let isFirst = true

    /** Looks at an issue until nothing more waits for it; rests in between when a look failed. */
    const attend = Effect.fnUntraced(function* (ref: IssueRef, isOld: boolean) {
      for (;;) {
        const before = sweeps
        const handled = yield* handle(ref, isOld)
        // What a sweep left out meanwhile may have come after the last look into the inbox.
        if (handled === "nothing" && sweeps === before) break
        if (Duration.isDuration(handled)) yield* Effect.sleep(handled)
      }
      const wasFull = atHand.size >= MOST_AT_HAND
      atHand.delete(ref.taskId)
      if (wasFull) yield* doorbell.ring("deliveries")
    })

    /** Takes up what is not at hand; at a start the newest first, as what is oldest may be trouble. Gives when to sweep again, where more waits than one sweep takes. */
    const sweep = Effect.gen(function* () {
      sweeps += 1
      if (atHand.size >= MOST_AT_HAND) return null
      const found = yield* inbox.pending(ISSUES_AT_ONCE, [...atHand])
      for (const ref of isFirst ? found.toReversed() : found) {
        atHand.add(ref.taskId)
        yield* FiberSet.run(fibers, attend(ref, isFirst))
      }
      const isAll = found.length < ISSUES_AT_ONCE
      isFirst &&= !isAll
      return isAll ? null : 0
    })

    if (giteaToken !== null) {
      yield* Effect.forkScoped(doorbell.follow("deliveries", "Deliveries cannot be read", sweep))
    }
  })
)
