import { Duration, Effect, Layer } from "effect"
import { findMarked } from "../domain/Comment.ts"
import type { Task } from "../domain/Task.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Gitea } from "../gitea/Gitea.ts"
import { isMissing } from "../gitea/GiteaError.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import { Outbox } from "../outbox/Outbox.ts"
import type { OutboxRow } from "../outbox/Outbox.ts"
import { progressEntry } from "../outbox/TaskComments.ts"
import { Settings } from "../Settings.ts"
import { Doorbell } from "../storage/Doorbell.ts"
import { steadyMillis } from "../storage/SteadyClock.ts"
import { IssueObserver } from "../task/IssueObserver.ts"
import { Tasks } from "../task/Tasks.ts"
import { resumedSpan } from "../telemetry/Tracing.ts"
import { AFTER_REFUSAL, say } from "../telemetry/Trouble.ts"
import { needsSearch, planRetry, planWrite, WritePlan } from "./WritePlan.ts"

/** One comment is edited at most this often. */
const EDIT_INTERVAL = Duration.seconds(10)
const CONCURRENCY = 4
const WAITS = { says: "Comment postponed" }

const after = (wait: Duration.Duration) => Effect.map(steadyMillis, (now) => now + Duration.toMillis(wait))

/** Carries out what is planned for a row. */
const makeWriting = Effect.gen(function* () {
  const gitea = yield* Gitea
  const outbox = yield* Outbox

  /** Null when the comment is no longer there: whoever took it away does not want it back. */
  const edit = ({ fullName }: Task, id: number, body: string) =>
    gitea.editComment(fullName, id, body).pipe(
      Effect.as(id),
      Effect.catchIf(isMissing, () => Effect.succeed(null))
    )

  const write = Effect.fnUntraced(function* (row: OutboxRow, task: Task, known: number | null) {
    if (!(yield* outbox.attempt(row))) {
      return yield* Effect.logWarning("Comment not written: another process holds the store")
    }
    const id =
      known === null
        ? (yield* gitea.createComment(task.fullName, task.number, row.body)).id
        : yield* edit(task, known, row.body)
    if (id === null) return yield* outbox.drop(row, "the comment was deleted")
    yield* outbox.sent(row, id, yield* after(EDIT_INTERVAL))
    yield* Effect.logInfo("Comment written").pipe(Effect.annotateLogs({ comment: id, edited: known !== null }))
  })

  const drop = Effect.fnUntraced(function* (row: OutboxRow, why: string, amends: boolean) {
    yield* outbox.drop(row, why)
    if (amends) yield* outbox.amend(progressEntry(row.taskId, "cancelled", why))
  })

  return (row: OutboxRow, task: Task, plan: WritePlan) =>
    WritePlan.$match(plan, {
      Create: () => write(row, task, null),
      Edit: ({ id }) => write(row, task, id),
      Keep: ({ id }) => outbox.sent(row, id, 0),
      Drop: ({ amends, why }) => drop(row, why, amends)
    })
})

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
    const carryOut = yield* makeWriting

    const search = Effect.fnUntraced(function* (row: OutboxRow, { fullName, number }: Task) {
      const bot = yield* identity.confirmed
      return findMarked(yield* gitea.comments(fullName, number), bot.id, row.key)?.id ?? null
    })

    const publishOf = Effect.fnUntraced(function* (row: OutboxRow, known: Task) {
      const look = yield* observer.observe({ taskId: known.id, fullName: known.fullName })
      const task = { ...known, fullName: look.subject?.fullName ?? known.fullName }
      const comment = needsSearch(row, look) ? yield* search(row, task) : row.commentId
      yield* carryOut(row, task, planWrite(row, look, comment))
    })

    const publish = (row: OutboxRow) =>
      Effect.flatMap(tasks.find(row.taskId), (task) =>
        task === null
          ? Effect.void
          : publishOf(row, task).pipe(resumedSpan("Reporter.publish", task.id, [task.traceparent]))
      )

    const postpone = Effect.fnUntraced(function* (row: OutboxRow, error: GiteaError) {
      const { next, parks, rest } = planRetry(row, error)
      yield* say(row.waitsSince === null, WAITS, error)
      if (parks) yield* tasks.park(row.taskId, error.message)
      if (next !== "give up") return yield* outbox[next](row, yield* after(rest))
      yield* Effect.logWarning("Comment given up", error)
      yield* outbox.drop(row, error.message)
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
