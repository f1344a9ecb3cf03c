import { Clock, Duration, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { IssueEvent } from "../domain/GiteaEvent.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Settings } from "../Settings.ts"
import { subjectOf } from "../domain/IssueRef.ts"
import { Doorbell } from "../storage/Doorbell.ts"
import { Tasks } from "../task/Tasks.ts"
import { resumedSpan } from "../telemetry/Tracing.ts"
import { Inbox } from "./Inbox.ts"
import { isOutdated, issueTimeOf } from "./IssueTime.ts"
import type { Accepted } from "./Inbox.ts"
import { observationOf } from "./PayloadObservation.ts"

/** Acknowledging goes first, as nothing is started without a token: a batch waits until nothing has arrived for this long, */
const QUIET = Duration.millis(20)
/** but no longer than this, so that a steady stream holds no issue back for ever. */
const LONGEST_WAIT = Duration.millis(250)
/** Deliveries in one transaction, */
const BATCH = 25
/** and while more arrive, because an acknowledgement has to wait for it. */
const BATCH_IN_A_STREAM = 5

const decodeEvent = Schema.decodeEffect(Schema.fromJsonString(IssueEvent))

/**
 * Receive-only: without a token nobody can look at an issue, so the signed payloads are taken for what they show, each in its turn.
 * Those of one issue come in order, because there is one round at a time.
 */
export const PayloadWorker = Layer.effectDiscard(
  Effect.gen(function* () {
    const { giteaToken } = yield* Settings
    const sql = yield* SqlClient.SqlClient
    const doorbell = yield* Doorbell
    const identity = yield* BotIdentity
    const inbox = yield* Inbox
    const tasks = yield* Tasks

    const observe = Effect.fnUntraced(function* ({ seq, taskId, body }: Accepted) {
      const event = yield* decodeEvent(body)
      const observation = observationOf(event, yield* identity.current, seq)
      const at = issueTimeOf(event.issue, yield* Clock.currentTimeMillis)
      if (observation._tag === "Assigned" && isOutdated(at, yield* inbox.takenAt(taskId))) {
        return yield* Effect.logInfo("Delivery is older than what took the issue from the bot: nothing follows from it")
      }
      yield* tasks.observed(taskId, subjectOf(event.repository, event.issue), observation)
      if (observation._tag !== "Assigned" && at !== null) yield* inbox.taken(seq, at)
    })

    const observeOrFail = (accepted: Accepted) =>
      Effect.catchTag(observe(accepted), "SchemaError", (error) =>
        Effect.andThen(
          Effect.logError("Stored delivery cannot be decoded", error),
          inbox.settle([accepted.seq], "failed", "its stored body cannot be decoded")
        )
      ).pipe(
        resumedSpan("PayloadWorker.observe", accepted.taskId, [accepted.traceparent]),
        Effect.annotateLogs({ delivery: accepted.delivery, task: accepted.taskId })
      )

    const settle = Effect.fnUntraced(function* (deliveries: ReadonlyArray<Accepted>) {
      yield* Effect.forEach(deliveries, observeOrFail, { discard: true })
      yield* inbox.settle(
        deliveries.map(({ seq }) => seq),
        "done",
        null
      )
    }, sql.withTransaction)

    const bell = yield* doorbell.listen("deliveries")
    // Not woken by each ring: in a stream there are thousands a second.
    const rangMeanwhile = Effect.andThen(Effect.sleep(QUIET), bell.wait(0))
    const quiet = Effect.timeoutOption(Effect.repeat(rangMeanwhile, { while: (rang) => rang }), LONGEST_WAIT)

    const batch = Effect.gen(function* () {
      const limit = Option.isSome(yield* quiet) ? BATCH : BATCH_IN_A_STREAM
      const deliveries = yield* inbox.oldest(limit)
      if (deliveries.length > 0) yield* settle(deliveries)
      return deliveries.length < limit ? null : 0
    })
    if (giteaToken === null)
      yield* Effect.forkScoped(doorbell.follow("deliveries", "Deliveries cannot be handled", batch))
  })
)
