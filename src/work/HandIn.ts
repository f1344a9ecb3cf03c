import { Effect } from "effect"
import { parked } from "../domain/Outcome.ts"
import type { Outcome } from "../domain/Outcome.ts"
import type { Task } from "../domain/Task.ts"
import type { Session } from "../domain/Session.ts"
import { Git } from "../git/Git.ts"
import { Settings } from "../Settings.ts"
import type { Ground } from "../pull/Preflight.ts"
import { touchedChecksOf } from "../pull/PullText.ts"
import { Submission } from "../pull/Submission.ts"
import { Journal } from "../session/Journal.ts"
import type { Claim } from "../task/Lease.ts"
import { Tasks } from "../task/Tasks.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import { baseNameOf, checkedNameOf, nameOf } from "../workspace/SnapshotRef.ts"
import { Snapshots } from "../workspace/Snapshots.ts"
import { asFailed, decodeLines } from "./Desks.ts"

const UNCHECKED = "the session stopped without calling `finish`, so that its work was not checked"

/** Where the work is, for a person who wants to go on with it. */
const savedAs = (outcome: Outcome, snapshot: string | null): Outcome =>
  snapshot === null ? outcome : { ...outcome, cause: `${outcome.cause}. The work is saved as ${snapshot}` }

/** Carries what a session made to Gitea once there is an outcome: a pull request where its checks passed, else its snapshot. */
export const makeHandIn = Effect.gen(function* () {
  const { botLogin } = yield* Settings
  const clones = yield* ControlClones
  const git = yield* Git
  const journal = yield* Journal
  const snapshots = yield* Snapshots
  const submission = yield* Submission
  const tasks = yield* Tasks

  const checksOf = Effect.fnUntraced(function* (gitDir: string, checked: string) {
    const text = yield* git.text({
      operation: "read what the checks said",
      gitDir,
      args: ["log", "--max-count=1", "--format=%B", checked]
    })
    return yield* Effect.orElseSucceed(decodeLines(text), () => [])
  })

  const touched = (gitDir: string, base: string, checked: string) =>
    git
      .text({
        operation: "list what was changed",
        gitDir,
        args: ["diff-tree", "-r", "-z", "--name-only", "--no-renames", base, checked]
      })
      .pipe(Effect.map((text) => touchedChecksOf(text.split("\0").filter((path) => path !== ""))))

  const factsOf = Effect.fnUntraced(function* (claim: Claim, session: Session, base: string, checked: string) {
    const task: Task = (yield* tasks.find(claim.task.id)) ?? claim.task
    const gitDir = clones.at(task.repositoryId)
    const newest = yield* snapshots.newest(task.repositoryId, { number: task.number, session: session.id })
    return {
      number: task.number,
      title: task.title,
      checks: yield* checksOf(gitDir, checked),
      touchedChecks: yield* touched(gitDir, base, checked),
      sessions: (yield* journal.sessions(task)).length,
      turns: task.turns,
      tokens: task.tokens,
      snapshot: newest === null ? "" : nameOf(newest.ref)
    }
  })

  const submit = Effect.fnUntraced(function* (claim: Claim, ground: Ground, session: Session, outcome: Outcome) {
    const author = { number: ground.number, session: session.id }
    const { id } = ground.repository
    const [base, checked] = yield* Effect.all([
      clones.commit(id, baseNameOf(author)),
      clones.commit(id, checkedNameOf(author))
    ])
    if (base === null || checked === null) {
      return (yield* snapshots.newest(id, author)) === null ? outcome : parked(UNCHECKED)
    }
    const facts = yield* factsOf(claim, session, base, checked)
    const pull = yield* submission.submit({
      ground,
      base,
      checked,
      at: claim.task.readyAt,
      botLogin,
      facts,
      summary: outcome.answer ?? ""
    })
    if (pull === null) return outcome
    return {
      ...outcome,
      cause: "the pull request is open",
      answer: `${outcome.answer}\n\nThe pull request: ${pull.url}`
    }
  })

  /** A snapshot in Gitea is a help, and no condition. */
  const keep = Effect.fnUntraced(function* (ground: Ground, session: Session) {
    const newest = yield* snapshots.newest(ground.repository.id, { number: ground.number, session: session.id })
    if (newest === null) return null
    yield* Effect.ignore(submission.keep(ground, nameOf(newest.ref)))
    return nameOf(newest.ref)
  })

  return Effect.fn("HandIn")(
    function* (claim: Claim, ground: Ground, outcome: Outcome) {
      const session = (yield* journal.sessions(claim.task)).at(-1)
      if (session === undefined) return outcome
      const kept = yield* keep(ground, session)
      if (outcome.to !== "completed") return savedAs(outcome, kept)
      const done = yield* submit(claim, ground, session, outcome).pipe(
        Effect.catchIf(
          (error) => error._tag === "GitError" && !error.retryable,
          (error) => Effect.succeed(parked(error.message))
        )
      )
      return done.to === "completed" ? done : savedAs(done, kept)
    },
    Effect.catchTag("GitError", (error) => Effect.fail(asFailed(error)))
  )
})
