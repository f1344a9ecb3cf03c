import { Effect } from "effect"
import { numberOf, repositoryIdOf } from "../domain/Task.ts"
import type { TaskId } from "../domain/Task.ts"
import type { Gitea } from "../gitea/Gitea.ts"

/**
 * The comments of a task's issue, oldest first. The repository is asked for its name each time: a run may outlast a rename, and
 * the old name can be another repository's by then.
 */
export const issueComments = (gitea: Gitea["Service"], id: TaskId) =>
  Effect.flatMap(gitea.repository(repositoryIdOf(id)), ({ fullName }) => gitea.comments(fullName, numberOf(id)))
