import { Clock, Duration, Effect, Layer, Schedule } from "effect"
import { findMarked } from "../domain/Comment.ts"
import { FullName } from "../domain/Repository.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Gitea } from "../gitea/Gitea.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import { Settings } from "../Settings.ts"
import { Observer } from "../task/Observer.ts"
import { Outbox } from "../task/Outbox.ts"
import type { OutboxRow } from "../task/Outbox.ts"
import { Tasks } from "../task/Tasks.ts"
import type { Task } from "../domain/Task.ts"
import type { Look } from "../task/IssueLook.ts"

const LOOK_FOR_WORK = Schedule.spaced("500 millis")
/** One comment is edited at most this often. */
const EDIT_INTERVAL = Duration.seconds(10)
const AFTER_TROUBLE = Duration.seconds(30)
const CONCURRENCY = 4

/** Why a row may not be written on the issue as it is now; null when it may. */
const obstacle = ({ needsMandate }: OutboxRow, { observation }: Look): string | null => {
  if (observation._tag === "Gone") return "the issue no longer exists"
  if (!needsMandate || observation._tag === "Assigned") return null
  return observation._tag === "Closed" ? "the issue is closed" : "the issue is not assigned to the bot"
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
    const observer = yield* Observer
    const outbox = yield* Outbox
    const tasks = yield* Tasks

    const find = Effect.fnUntraced(function* (row: OutboxRow, { fullName, number }: Task) {
      if (row.commentId !== null) return row.commentId
      if (row.tries === 0) return null
      const bot = yield* identity.confirmed
      return findMarked(yield* gitea.comments(fullName, number), bot.id, row.key)?.id ?? null
    })

    const write = Effect.fnUntraced(function* (row: OutboxRow, task: Task) {
      const known = yield* find(row, task)
      if (!(yield* outbox.attempt(row)))
        return yield* Effect.logWarning("Another process holds the store: nothing is written")
      if (known !== null) yield* gitea.editComment(task.fullName, known, row.body)
      const id = known ?? (yield* gitea.createComment(task.fullName, task.number, row.body)).id
      yield* outbox.sent(row, id, (yield* Clock.currentTimeMillis) + Duration.toMillis(EDIT_INTERVAL))
      yield* Effect.logInfo("Comment written").pipe(Effect.annotateLogs({ comment: id, edited: known !== null }))
    })

    const postpone = Effect.fnUntraced(function* (row: OutboxRow, error: GiteaError) {
      yield* Effect.logWarning("Comment waits", error)
      yield* outbox.postpone(row, (yield* Clock.currentTimeMillis) + Duration.toMillis(AFTER_TROUBLE))
    })

    const publish = (row: OutboxRow) =>
      Effect.gen(function* () {
        const task = yield* tasks.find(row.taskId)
        if (task === null) return
        const look = yield* observer.observe({ taskId: task.id, fullName: task.fullName })
        const why = obstacle(row, look)
        if (why !== null) return yield* outbox.drop(row, why)
        yield* write(row, look.subject === null ? task : { ...task, fullName: FullName.make(look.subject.fullName) })
      }).pipe(
        Effect.catchTag("GiteaError", (error) => postpone(row, error)),
        Effect.annotateLogs({ task: row.taskId, report: row.key })
      )

    const round = Effect.gen(function* () {
      yield* identity.confirmed
      yield* Effect.forEach(yield* outbox.pending, publish, { concurrency: CONCURRENCY, discard: true })
    }).pipe(Effect.catch((error) => Effect.logError("Outbox cannot be read", error)))

    if (giteaToken !== null) yield* round.pipe(Effect.repeat(LOOK_FOR_WORK), Effect.forkScoped)
  })
)
