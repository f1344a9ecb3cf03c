import { Effect, Layer, Schedule } from "effect"
import { isAllowed } from "../domain/Repository.ts"
import { taskIdOf } from "../domain/Task.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Gitea } from "../gitea/Gitea.ts"
import { Settings } from "../Settings.ts"
import { Observer } from "../task/Observer.ts"
import { Tasks } from "../task/Tasks.ts"

const CONCURRENCY = 4

/**
 * Hooks are sent once, and lost while nobody listens: at start and at every interval, looks at each open issue that is assigned to
 * the bot, and at the issue of each task that is not over. Absence from the list proves nothing, so every issue is read itself.
 */
export const AssignedSweep = Layer.effectDiscard(
  Effect.gen(function* () {
    const { giteaToken, repositories, reconcileInterval } = yield* Settings
    const gitea = yield* Gitea
    const identity = yield* BotIdentity
    const observer = yield* Observer
    const tasks = yield* Tasks

    const sweep = Effect.gen(function* () {
      yield* identity.confirmed
      const listed = (yield* gitea.assigned)
        .filter(({ repository }) => isAllowed(repositories, repository.fullName))
        .map(({ repository, number }) => ({ taskId: taskIdOf(repository.id, number), fullName: repository.fullName }))
      const listedIds = new Set(listed.map(({ taskId }) => taskId))
      const open = (yield* tasks.unfinished).filter(({ taskId }) => !listedIds.has(taskId))
      yield* Effect.forEach(
        [...listed, ...open],
        (ref) =>
          observer.observe(ref).pipe(
            Effect.catchTag("GiteaError", (error) => Effect.logWarning("Issue cannot be looked at yet", error)),
            Effect.annotateLogs({ task: ref.taskId })
          ),
        { concurrency: CONCURRENCY, discard: true }
      )
      yield* Effect.logInfo("Assigned issues compared").pipe(
        Effect.annotateLogs({ listed: listed.length, open: open.length })
      )
    }).pipe(Effect.catch((error) => Effect.logWarning("Assigned issues cannot be compared yet", error)))

    if (giteaToken !== null) yield* sweep.pipe(Effect.repeat(Schedule.spaced(reconcileInterval)), Effect.forkScoped)
  })
)
