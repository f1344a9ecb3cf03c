import { Effect } from "effect"
import type { Task } from "../domain/Task.ts"
import { Journal } from "../session/Journal.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import { nameOf } from "../workspace/SnapshotRef.ts"
import { Snapshots } from "../workspace/Snapshots.ts"

/** Where the newest work of a task is saved. */
export const makeSavedWork = Effect.gen(function* () {
  const clones = yield* ControlClones
  const journal = yield* Journal
  const snapshots = yield* Snapshots

  /** The name of its newest snapshot; null: there is none. A session that begins goes on with the work of the one before. */
  const saved = Effect.fn("SavedWork.saved")(function* (task: Task) {
    const { number, repositoryId } = task
    for (const session of (yield* journal.sessions(task)).toReversed()) {
      const newest = yield* Effect.orElseSucceed(
        snapshots.newest(repositoryId, { number, session: session.id }),
        () => null
      )
      if (newest !== null) return nameOf(newest.ref)
    }
    return null
  })

  /** Keeps it in Gitea as well where that can be: it is a help, and no condition. */
  const keep = Effect.fn("SavedWork.keep")(function* (task: Task) {
    if ((yield* saved(task)) === null) return
    yield* Effect.catch(clones.keep({ id: task.repositoryId, fullName: task.fullName }, task.number), (error) =>
      Effect.logInfo("Work is kept here alone", error.message)
    )
  })

  return { keep, saved }
})
