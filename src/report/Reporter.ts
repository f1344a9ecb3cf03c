import { Clock, Duration, Effect, Layer, Schedule } from "effect"
import { findMarked } from "../domain/Comment.ts"
import type { FullName } from "../domain/Repository.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Gitea } from "../gitea/Gitea.ts"
import { concernsGitea } from "../gitea/GiteaError.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import { Settings } from "../Settings.ts"
import { IssueObserver } from "../task/IssueObserver.ts"
import { Outbox, progressKey } from "../outbox/Outbox.ts"
import type { OutboxRow } from "../outbox/Outbox.ts"
import { progressEntry } from "../outbox/TaskComments.ts"
import { Tasks } from "../task/Tasks.ts"
import type { Task } from "../domain/Task.ts"
import type { Look } from "../issue/IssueReader.ts"

const LOOK_FOR_WORK = Schedule.spaced("500 millis")
/** One comment is edited at most this often. */
const EDIT_INTERVAL = Duration.seconds(10)
const AFTER_TROUBLE = Duration.seconds(30)
/** What was refused once is likely to be refused again. */
const AFTER_REFUSAL = Duration.minutes(5)
/** Refusals in a row, of looks or writes, after which a comment is given up: an hour of them. */
const REFUSALS = 12
const CONCURRENCY = 4
const NOT_FOUND = 404
const LOCKED = 423

/** Why nothing new may be said on the issue as it is now; null when it may. */
const obstacle = ({ observation }: Look): string | null => {
  switch (observation._tag) {
    case "Assigned":
      return null
    case "Unassigned":
      return "the issue is not assigned to the bot"
    case "Closed":
      return "the issue is closed"
    case "Gone":
      return "the issue no longer exists"
  }
}

/**
 * Brings the outbox onto the issues. Before each write the issue is read again, so that closing beats finishing; a write whose
 * answer was lost is looked for by its marker, in comments of the bot's own id, before it is repeated.
 */
export const Reporter = Layer.effectDiscard(
  Effect.gen(function* () {
    const { giteaToken } = yield* Settings
    const gitea = yield* Gitea
    const identity = yield* BotIdentity
    const observer = yield* IssueObserver
    const outbox = yield* Outbox
    const tasks = yield* Tasks

    const find = Effect.fnUntraced(function* (row: OutboxRow, { fullName, number }: Task) {
      if (row.commentId !== null) return row.commentId
      if (row.tries === 0) return null
      const bot = yield* identity.confirmed
      return findMarked(yield* gitea.comments(fullName, number), bot.id, row.key)?.id ?? null
    })

    /** False when the comment is no longer there: whoever took it away does not want it back. */
    const edit = (fullName: FullName, id: number, body: string) =>
      gitea.editComment(fullName, id, body).pipe(
        Effect.as(true),
        Effect.catchIf(
          ({ status }) => status === NOT_FOUND,
          () => Effect.succeed(false)
        )
      )

    const write = Effect.fnUntraced(function* (row: OutboxRow, task: Task, why: string | null) {
      const known = yield* find(row, task)
      if (known === null && why !== null) return yield* outbox.drop(row, why)
      if (!(yield* outbox.attempt(row)))
        return yield* Effect.logWarning("Another process holds the store: nothing is written")
      if (known !== null && !(yield* edit(task.fullName, known, row.body))) {
        return yield* outbox.drop(row, "the comment was deleted")
      }
      const id = known ?? (yield* gitea.createComment(task.fullName, task.number, row.body)).id
      yield* outbox.sent(row, id, (yield* Clock.currentTimeMillis) + Duration.toMillis(EDIT_INTERVAL))
      yield* Effect.logInfo("Comment written").pipe(Effect.annotateLogs({ comment: id, edited: known !== null }))
    })

    /** An answer that comes too late is not given, and the progress comment says so. */
    const withdraw = Effect.fnUntraced(function* (row: OutboxRow, task: Task, { subject }: Look, why: string) {
      // It may be there already, from a write whose answer was lost.
      const known = subject === null ? null : yield* find(row, task)
      if (known !== null && row.key !== progressKey(task.id)) return yield* outbox.sent(row, known, 0)
      yield* outbox.drop(row, why)
      if (subject !== null && row.key !== progressKey(task.id))
        yield* outbox.amend(progressEntry(task.id, "cancelled", why))
    })

    const after = (wait: Duration.Duration) =>
      Effect.map(Clock.currentTimeMillis, (now) => now + Duration.toMillis(wait))

    /** An outage, or a token that is not accepted, says nothing about one comment, so it is never given up for those. */
    const postpone = Effect.fnUntraced(function* (row: OutboxRow, error: GiteaError) {
      const log = row.waitsSince === null ? Effect.logWarning : Effect.logDebug
      yield* log("Comment waits", error)
      // No answer could be given: an archived repository, or a locked issue.
      if (error.status === LOCKED) yield* tasks.park(row.taskId, error.message)
      const notBefore = yield* after(error.retryable ? AFTER_TROUBLE : AFTER_REFUSAL)
      if (concernsGitea(error)) return yield* outbox.postpone(row, notBefore)
      if (row.refusals + 1 < REFUSALS) return yield* outbox.refused(row, notBefore)
      yield* Effect.logWarning("Comment given up", error)
      yield* outbox.drop(row, error.message)
    })

    const publish = (row: OutboxRow) =>
      Effect.gen(function* () {
        const task = yield* tasks.find(row.taskId)
        if (task === null) return
        const look = yield* observer.observe({ taskId: task.id, fullName: task.fullName })
        const why = obstacle(look)
        if (why !== null && (row.needsMandate || look.subject === null)) return yield* withdraw(row, task, look, why)
        yield* write(row, look.subject === null ? task : { ...task, fullName: look.subject.fullName }, why)
      }).pipe(
        Effect.catchTag("GiteaError", (error) => postpone(row, error)),
        Effect.catchDefect((defect) =>
          Effect.logError("Comment waits", defect).pipe(
            Effect.andThen(after(AFTER_REFUSAL)),
            Effect.flatMap((notBefore) => outbox.postpone(row, notBefore))
          )
        ),
        Effect.annotateLogs({ task: row.taskId, report: row.key })
      )

    const round = Effect.gen(function* () {
      yield* identity.confirmed
      yield* Effect.forEach(yield* outbox.pending, publish, { concurrency: CONCURRENCY, discard: true })
    }).pipe(Effect.catchCause((cause) => Effect.logError("Reports wait", cause)))

    if (giteaToken !== null) yield* round.pipe(Effect.repeat(LOOK_FOR_WORK), Effect.forkScoped)
  })
)
