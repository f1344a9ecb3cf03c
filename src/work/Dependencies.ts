import { Duration, Effect } from "effect"
import type { FullName, Repository } from "../domain/Repository.ts"
import { taskIdOf } from "../domain/Task.ts"
import { Gitea } from "../gitea/Gitea.ts"
import { Outbox } from "../outbox/Outbox.ts"
import { dependingEntry } from "../outbox/TaskComments.ts"
import { Settings } from "../Settings.ts"
import type { Claim } from "../task/Lease.ts"
import { Tasks } from "../task/Tasks.ts"
import { AfterRun } from "./AfterRun.ts"

/** A task rests no longer than this before its dependencies are read again. */
const LONGEST = Duration.minutes(5)

const nameOf = ({ number, repository }: { readonly number: number; readonly repository: Repository }) =>
  `${repository.fullName}#${number}`

/**
 * Lets a task wait for the open issues that Gitea says its issue depends on: before anything is paid for, and without a slot. It is
 * looked at again when a delivery tells that one of them was closed, and else at the interval of the comparison. A dependency that
 * the bot may not see does not count: of such a one Gitea does not tell whether it is open.
 */
export const makeDependencies = Effect.gen(function* () {
  const { giteaUrl, reconcileInterval } = yield* Settings
  const gitea = yield* Gitea
  const outbox = yield* Outbox
  const tasks = yield* Tasks

  /** What follows for the claim while there are such; null when there are none. */
  return Effect.fnUntraced(function* (claim: Claim, fullName: FullName) {
    const { id, number } = claim.task
    const all = yield* gitea.dependencies(fullName, number)
    const open = all.filter(({ state }) => state === "open")
    const isNew = yield* tasks.waitsFor(
      id,
      open.map((it) => ({ id: taskIdOf(it.repository.id, it.number), name: nameOf(it) }))
    )
    if (open.length === 0) return null
    const named = open.map((it) => ({
      name: nameOf(it),
      url: `${giteaUrl}/${it.repository.fullName}/issues/${it.number}`
    }))
    yield* tasks.fenced(claim, outbox.put(dependingEntry(id, named)))
    if (isNew) {
      yield* Effect.logInfo("Task waits for other issues").pipe(
        Effect.annotateLogs({ issues: named.map(({ name }) => name) })
      )
    }
    return AfterRun.Release({ rest: Duration.min(LONGEST, reconcileInterval), as: "pause" })
  })
})
