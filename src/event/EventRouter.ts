import { Clock, Duration, Effect, FiberMap, Layer, Schema, Semaphore } from "effect"
import { IssueEvent } from "../domain/GiteaEvent.ts"
import type { TaskId } from "../domain/Task.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import { Settings } from "../Settings.ts"
import { IssueLook, subjectOf } from "../task/IssueLook.ts"
import type { IssueRef, Look } from "../task/IssueLook.ts"
import { Observer } from "../task/Observer.ts"
import { Inbox } from "./Inbox.ts"
import type { Accepted } from "./Inbox.ts"
import { plan } from "./plan.ts"

/** Issues looked at side by side. */
const CONCURRENCY = 8
/** Issues with waiting deliveries taken into account at once. */
const ISSUES_AT_ONCE = 1000
const IDLE = Duration.seconds(1)
const FIRST_WAIT = Duration.seconds(2)
const LONGEST_WAIT = Duration.minutes(5)

const decodeEvent = Schema.decodeEffect(Schema.fromJsonString(IssueEvent))

/** An issue whose look failed: how often in a row, and when it may be looked at again (milliseconds). */
interface Rest {
  readonly count: number
  readonly until: number
}

const wait = (count: number): number =>
  Math.min(Duration.toMillis(LONGEST_WAIT), Duration.toMillis(FIRST_WAIT) * 2 ** count)

/**
 * Turns accepted deliveries into observations of their issues. All that wait for one issue are settled by a single look, in the
 * transaction that applies it; a look that fails leaves them waiting.
 */
export const EventRouter = Layer.effectDiscard(
  Effect.gen(function* () {
    const { giteaToken } = yield* Settings
    const inbox = yield* Inbox
    const issues = yield* IssueLook
    const identity = yield* BotIdentity
    const observer = yield* Observer
    const running = yield* FiberMap.make<TaskId>()
    const places = yield* Semaphore.make(CONCURRENCY)
    const resting = new Map<TaskId, Rest>()

    const throughApi = Effect.fnUntraced(function* (ref: IssueRef) {
      const waiting = yield* inbox.of(ref.taskId)
      const seqs = waiting.map(({ seq }) => seq)
      yield* observer.observeWith(ref.taskId, issues.at(ref), () => inbox.settle(seqs, "done", null))
    })

    /** Without a token the signed payloads are all there is, each in its turn. */
    const fromPayload = Effect.fnUntraced(function* ({ seq, body }: Accepted) {
      const event = yield* Effect.orDie(decodeEvent(body))
      const look: Look = {
        subject: subjectOf(event.repository, event.issue),
        issue: event.issue,
        observation: plan(event, yield* identity.current, seq)
      }
      return look
    })

    const fromPayloads = Effect.fnUntraced(function* ({ taskId }: IssueRef) {
      yield* Effect.forEach(yield* inbox.of(taskId), (delivery) =>
        observer.observeWith(taskId, fromPayload(delivery), () => inbox.settle([delivery.seq], "done", null))
      )
    })

    const rest = Effect.fnUntraced(function* ({ taskId }: IssueRef, error: GiteaError) {
      const count = (resting.get(taskId)?.count ?? 0) + 1
      resting.set(taskId, { count, until: (yield* Clock.currentTimeMillis) + wait(count) })
      yield* count === 1
        ? Effect.logWarning("Issue cannot be looked at yet", error)
        : Effect.logDebug("Still not", error)
    })

    const handle = (ref: IssueRef) =>
      (giteaToken === null ? fromPayloads(ref) : throughApi(ref)).pipe(
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

    yield* sweep.pipe(
      Effect.catchCause((cause) => Effect.logError("Cannot look for deliveries", cause)),
      Effect.andThen(Effect.timeoutOption(inbox.arrived, IDLE)),
      Effect.forever,
      Effect.forkScoped
    )
  })
)
