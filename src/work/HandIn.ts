import { Effect } from "effect"
import { parked } from "../domain/Outcome.ts"
import type { Outcome } from "../domain/Outcome.ts"
import type { Task } from "../domain/Task.ts"
import type { Session } from "../domain/Session.ts"
import { Settings } from "../Settings.ts"
import type { Ground } from "../pull/Ground.ts"
import { Preflight } from "../pull/Preflight.ts"
import { touchedChecksOf } from "../pull/PullText.ts"
import { Submission } from "../pull/Submission.ts"
import { Journal } from "../session/Journal.ts"
import type { Claim } from "../task/Lease.ts"
import { Tasks } from "../task/Tasks.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { baseNameOf, joinedNameOf, nameOf } from "../workspace/SnapshotRef.ts"
import type { Author } from "../workspace/SnapshotRef.ts"
import { Snapshots } from "../workspace/Snapshots.ts"
import type { Bench } from "./Briefings.ts"
import { asFailed } from "./Desks.ts"
import { makeExamination } from "./Examination.ts"
import type { Checked, ExamineError } from "./Examination.ts"
import { examinedCause } from "./ExaminedText.ts"

/** Times that work is pushed, when somebody pushes to the branch at the same time. */
const MAX_PUSHES = 3

type Examination = Effect.Success<typeof makeExamination>

const UNCHECKED = "the session stopped without calling `finish`, so that its work was not checked"

/** What the pull request tells of the work. */
const makeFacts = Effect.fnUntraced(function* ({ changed }: Examination) {
  const journal = yield* Journal
  const snapshots = yield* Snapshots
  const tasks = yield* Tasks

  return Effect.fnUntraced(function* (
    claim: Claim,
    session: Session,
    ground: Ground,
    { commit, footing, guessed, lines }: Checked,
    { title }: Outcome
  ) {
    const task: Task = (yield* tasks.find(claim.task.id)) ?? claim.task
    const newest = yield* snapshots.newest(task.repositoryId, { number: task.number, session: session.id })
    return {
      number: task.number,
      title: title ?? task.title,
      checks: lines,
      guessed,
      touchedChecks: touchedChecksOf(yield* changed(task.repositoryId, footing.joined ?? footing.base, commit)),
      closed: ground.closed,
      hasBranch: ground.way === "branch",
      sessions: (yield* journal.sessions(task)).length,
      turns: task.turns,
      tokens: task.tokens,
      snapshot: newest === null ? "" : nameOf(newest.ref)
    }
  })
})

/** One try, with what passed. */
const makePushing = Effect.fnUntraced(function* (examination: Examination) {
  const { botLogin } = yield* Settings
  const submission = yield* Submission
  const factsOf = yield* makeFacts(examination)

  return Effect.fnUntraced(function* (
    claim: Claim,
    ground: Ground,
    session: Session,
    checked: Checked,
    outcome: Outcome
  ) {
    const pull = yield* submission.submit({
      ground,
      footing: checked.footing,
      checked: checked.commit,
      at: claim.task.readyAt,
      botLogin,
      facts: yield* factsOf(claim, session, ground, checked, outcome),
      summary: outcome.answer ?? ""
    })
    if (pull === null) return outcome
    return {
      ...outcome,
      cause: "the pull request is open",
      answer: `${outcome.answer}\n\nThe pull request: ${pull.url}`
    }
  })
})

/** Somebody pushed since the work was examined: it is examined again, together with that. Null: it passed, else why not. */
const makeExaminingAgain = Effect.fnUntraced(function* ({ examine }: Examination) {
  const clones = yield* ControlClones
  const snapshots = yield* Snapshots

  return Effect.fnUntraced(function* ({ ground, plan }: Bench, author: Author) {
    const { id } = ground.repository
    const [base, joined, newest] = yield* Effect.all([
      clones.commit(id, baseNameOf(author)),
      clones.commit(id, joinedNameOf(author)),
      snapshots.newest(id, author)
    ])
    if (base === null || newest === null) return UNCHECKED
    const examined = yield* examine(ground, plan, author, { base, joined, saved: newest.commit })
    return examined._tag === "Passed" ? null : examinedCause(ground, examined)
  })
})

/** Tries until the work is in, or somebody has to look at it. */
const makeSubmitting = Effect.gen(function* () {
  const clones = yield* ControlClones
  const preflight = yield* Preflight
  const snapshots = yield* Snapshots
  const examination = yield* makeExamination
  const push = yield* makePushing(examination)
  const examineAgain = yield* makeExaminingAgain(examination)

  const submit = Effect.fnUntraced(function* (
    claim: Claim,
    bench: Bench,
    session: Session,
    outcome: Outcome,
    tries = MAX_PUSHES
  ): Effect.fn.Return<Outcome, ExamineError | StoreUnavailable> {
    const author = { number: bench.ground.number, session: session.id }
    const { id } = bench.ground.repository
    const newest = yield* snapshots.newest(id, author)
    const checked = yield* examination.checked(id, author)
    const isStale = outcome.unfinished === true && checked?.saved !== newest?.commit
    const found = isStale ? null : checked
    if (found === null) return newest === null ? outcome : parked(UNCHECKED)
    const ground = yield* preflight.again(bench.ground)
    const begun = yield* clones.commit(id, baseNameOf(author))
    const why = begun === null ? null : yield* preflight.overtaken(ground, begun)
    if (why !== null) return parked(why)
    return yield* Effect.catchIf(
      push(claim, ground, session, found, outcome),
      (error) => error._tag === "GitError" && error.reason === "moved" && tries > 1,
      Effect.fnUntraced(function* () {
        const refused = yield* examineAgain({ ...bench, ground }, author)
        return refused === null
          ? yield* submit(claim, { ...bench, ground }, session, outcome, tries - 1)
          : parked(refused)
      })
    )
  })

  return { submit }
})

/** Carries what a session made to Gitea once it is done: as a pull request, where its checks passed. */
export const makeHandIn = Effect.gen(function* () {
  const journal = yield* Journal
  const { submit } = yield* makeSubmitting

  return Effect.fn("HandIn")(
    function* (claim: Claim, bench: Bench, outcome: Outcome) {
      const session = (yield* journal.sessions(claim.task)).at(-1)
      if (session === undefined || outcome.to !== "completed") return outcome
      return yield* submit(claim, bench, session, outcome).pipe(
        Effect.catchIf(
          (error) => error._tag === "GitError" && !error.retryable,
          (error) => Effect.succeed(parked(error.message))
        )
      )
    },
    Effect.catchTag(["GitError", "IsolationFailed", "WorkspaceError"], (error) => Effect.fail(asFailed(error)))
  )
})
