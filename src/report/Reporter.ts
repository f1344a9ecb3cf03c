import { Duration, Effect, Layer } from "effect"
import { findMarked } from "../domain/Comment.ts"
import type { Task } from "../domain/Task.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Gitea } from "../gitea/Gitea.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import { Outbox } from "../outbox/Outbox.ts"
import type { OutboxRow } from "../outbox/Outbox.ts"
import { Settings } from "../Settings.ts"
import { Doorbell } from "../storage/Doorbell.ts"
import { steadyMillis } from "../storage/SteadyClock.ts"
import { IssueObserver } from "../task/IssueObserver.ts"
import { Tasks } from "../task/Tasks.ts"
import { resumedSpan } from "../telemetry/Tracing.ts"
import { AFTER_REFUSAL, say } from "../telemetry/Trouble.ts"
import { needsSearch, planRetry, planWrite } from "./WritePlan.ts"
import { makeWriting } from "./Writing.ts"

const CONCURRENCY = 4
const WAITS = { says: "Comment postponed" }

const after = (wait: Duration.Duration) => Effect.map(steadyMillis, (now) => now + Duration.toMillis(wait))

/**
 * Brings the outbox onto the issues. Before each write the issue is read again, so that closing beats finishing; a write whose
 * answer was lost is looked for by its marker, in comments of the bot's own id, before it is repeated.
 */
export const Reporter = Layer.effectDiscard(
  Effect.gen(function* () {
    const { giteaToken } = yield* Settings
    const doorbell = yield* Doorbell
    const gitea = yield* Gitea
    const identity = yield* BotIdentity
    const observer = yield* IssueObserver
    const outbox = yield* Outbox
    const tasks = yield* Tasks
    const writing = yield* makeWriting

    const search = Effect.fnUntraced(function* (row: OutboxRow, { fullName, number }: Task) {
      const bot = yield* identity.confirmed
      return findMarked(yield* gitea.comments(fullName, number), bot.id, row.key)?.id ?? null
    })

    const publishOf = Effect.fnUntraced(function* (row: OutboxRow, known: Task) {
      const look = yield* observer.observe({ taskId: known.id, fullName: known.fullName })
      const task = { ...known, fullName: look.subject?.fullName ?? known.fullName }
      const comment = needsSearch(row, look) ? yield* search(row, task) : row.commentId
      yield* writing.carryOut(row, task, planWrite(row, look, comment))
    })

    const publish = (row: OutboxRow) =>
      Effect.flatMap(tasks.find(row.taskId), (task) =>
        task === null
          ? Effect.void
          : publishOf(row, task).pipe(resumedSpan("Reporter.publish", task.id, [task.traceparent]))
      )

    const postpone = Effect.fnUntraced(function* (row: OutboxRow, error: GiteaError) {
      const { next, parks, rest } = planRetry(row, error, writing.isAlone(row))
      yield* say(row.waitsSince === null, WAITS, error)
      if (parks) yield* tasks.park(row.taskId, error.message)
      if (next !== "give up") return yield* writing.postpone(row, next, error, yield* after(rest))
      yield* Effect.logWarning("Comment given up", error)
      yield* writing.giveUp(row, error)
    })

    const publishSafely = (row: OutboxRow) =>
      publish(row).pipe(
        Effect.catchTag("GiteaError", (error) => postpone(row, error)),
        Effect.catchDefect((defect) =>
          say(row.waitsSince === null, { ...WAITS, level: "Error" }, defect).pipe(
            Effect.andThen(after(AFTER_REFUSAL)),
            Effect.flatMap((notBefore) => outbox.postpone(row, notBefore))
          )
        ),
        Effect.annotateLogs({ task: row.taskId, report: row.key })
      )

    const round = Effect.gen(function* () {
      yield* identity.confirmed
      yield* Effect.forEach(yield* outbox.pending, publishSafely, { concurrency: CONCURRENCY, discard: true })
      return yield* outbox.due
    })

    if (giteaToken !== null) yield* Effect.forkScoped(doorbell.follow("outbox", "Comments cannot be written", round))
  })
)
