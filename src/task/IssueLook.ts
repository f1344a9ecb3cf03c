import { Context, Effect, Layer } from "effect"
import { isPullRequest } from "../domain/Issue.ts"
import type { Issue } from "../domain/Issue.ts"
import { Observation } from "../domain/Mandate.ts"
import { priorityOf } from "../domain/Priority.ts"
import type { FullName, Repository } from "../domain/Repository.ts"
import { numberOf, repositoryIdOf } from "../domain/Task.ts"
import type { TaskId } from "../domain/Task.ts"
import { assignedItself, mandateOf } from "../domain/Timeline.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Gitea } from "../gitea/Gitea.ts"
import { isElsewhere, isMissing } from "../gitea/GiteaError.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import type { Subject } from "./Application.ts"

/** An issue by its key, and under the name its repository was last seen with. */
export interface IssueRef {
  readonly taskId: TaskId
  readonly fullName: FullName
}

/** What a look at an issue brought; no subject and no issue when it is gone. */
export interface Look {
  readonly subject: Subject | null
  readonly issue: Issue | null
  readonly observation: Observation
}

export const subjectOf = (repository: Repository, issue: Issue): Subject => ({
  repositoryId: repository.id,
  number: issue.number,
  fullName: repository.fullName,
  title: issue.title,
  priority: priorityOf(issue.labels)
})

const GONE: Look = { subject: null, issue: null, observation: Observation.Gone() }

/**
 * Reads an issue through the API, which is the truth; the webhook was a hint. Fails with `GiteaError` when the state cannot be
 * known: an unreadable repository says nothing about its issues.
 */
export class IssueLook extends Context.Service<IssueLook, { at(ref: IssueRef): Effect.Effect<Look, GiteaError> }>()(
  "mosaic-coordinator/task/IssueLook"
) {
  static readonly layer = Layer.effect(
    IssueLook,
    Effect.gen(function* () {
      const gitea = yield* Gitea
      const identity = yield* BotIdentity

      /** Null: nothing of that number under this name, or the name is another repository's today. */
      const read = ({ taskId, fullName }: IssueRef, isNothing: (error: GiteaError) => boolean) =>
        gitea.issue(fullName, numberOf(taskId)).pipe(
          Effect.map((issue) =>
            (issue.repository?.id ?? repositoryIdOf(taskId)) === repositoryIdOf(taskId) ? issue : null
          ),
          Effect.catchIf(isNothing, () => Effect.succeed(null))
        )

      const observe = Effect.fnUntraced(function* (
        repository: Repository,
        issue: Issue
      ): Effect.fn.Return<Look, GiteaError> {
        const bot = yield* identity.confirmed
        const look = (observation: Observation): Look => ({ subject: subjectOf(repository, issue), issue, observation })
        if (issue.state === "closed") return look(Observation.Closed())
        if (isPullRequest(issue) || !issue.assignees.some(({ id }) => id === bot.id))
          return look(Observation.Unassigned())
        const timeline = yield* gitea.timeline(repository.fullName, issue.number)
        const mandate = mandateOf(timeline, bot.id)
        if (mandate === null && assignedItself(timeline, bot.id)) return look(Observation.Unassigned())
        return look(Observation.Assigned({ mandate }))
      })

      const at = Effect.fn("IssueLook.at")(function* (ref: IssueRef) {
        const id = repositoryIdOf(ref.taskId)
        const issue = yield* read(ref, isElsewhere)
        if (issue !== null) return yield* observe({ id, fullName: ref.fullName }, issue)
        const repository = yield* gitea.repository(id)
        // Read anew even under the same name: only of a repository that could be seen before does a missing issue prove anything.
        const present = yield* read({ ...ref, fullName: repository.fullName }, isMissing)
        return present === null ? GONE : yield* observe(repository, present)
      })

      return { at }
    })
  )
}
