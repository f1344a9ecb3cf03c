import { Clock, Effect, Layer, Schedule } from "effect"
import { isRepair } from "../domain/IssueChange.ts"
import { isAllowed } from "../domain/Repository.ts"
import { taskIdOf } from "../domain/Task.ts"
import type { TaskId } from "../domain/Task.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Gitea } from "../gitea/Gitea.ts"
import { concernsGitea } from "../gitea/GiteaError.ts"
import { Settings } from "../Settings.ts"
import type { IssueRef } from "../domain/IssueRef.ts"
import { IssueObserver } from "../task/IssueObserver.ts"
import { Tasks } from "../task/Tasks.ts"
import { SetupFaults } from "../telemetry/SetupFaults.ts"
import { makeTrouble } from "../telemetry/Trouble.ts"
import { makeGapExplainer } from "./GapExplainer.ts"
import { Gaps } from "./Gaps.ts"
import { ADVICE_NOT_ALLOWED } from "./Screening.ts"

const CONCURRENCY = 4
/** Looks in a row that Gitea as a whole fails, after which the rest of a round is left to the next. */
const MOST_FAILURES = 8

const NO_PULLS =
  "a pull request is assigned to the bot, and it works on issues alone: take the bot off it, and assign an issue instead"

type Assigned = Effect.Success<Gitea["Service"]["assigned"]>[number]

/** Looks at issues, as far as Gitea answers; what a look repairs is suspected to be a gap. */
const makeComparing = Effect.gen(function* () {
  const gaps = yield* Gaps
  const observer = yield* IssueObserver
  const looks = makeTrouble<TaskId>({ says: "Issue cannot be read" })

  const compare = (ref: IssueRef) =>
    observer
      .observe(ref, (change) => (isRepair(change) ? gaps.suspect(change.after) : Effect.void))
      .pipe(
        Effect.tap(looks.over(ref.taskId)),
        Effect.as(false),
        Effect.catchTag("GiteaError", (error) => Effect.as(looks.met(ref.taskId, { error }), concernsGitea(error))),
        Effect.annotateLogs({ task: ref.taskId })
      )

  /** What rests is not looked at, and what was trouble before comes last. */
  const inTurn = Effect.fnUntraced(function* (issues: ReadonlyArray<IssueRef>) {
    const now = yield* Clock.monotonicTimeNanos
    const due = issues.filter(({ taskId }) => !looks.rests(taskId, now))
    const isTrouble = ({ taskId }: IssueRef) => looks.has(taskId)
    return [...due.filter((ref) => !isTrouble(ref)), ...due.filter(isTrouble)]
  })

  return Effect.fnUntraced(function* (issues: ReadonlyArray<IssueRef>) {
    looks.keepOnly(issues.map(({ taskId }) => taskId))
    let failures = 0
    const next = (ref: IssueRef) =>
      Effect.suspend(() =>
        failures >= MOST_FAILURES
          ? Effect.void
          : Effect.map(compare(ref), (hasFailed) => void (failures = hasFailed ? failures + 1 : 0))
      )
    yield* Effect.forEach(yield* inTurn(issues), next, { concurrency: CONCURRENCY, discard: true })
    if (failures >= MOST_FAILURES) yield* Effect.logWarning("Assigned issues were not all checked: Gitea is in trouble")
  })
})

/** Tells people of what is assigned to the bot in vain. */
const makeMistakes = Effect.gen(function* () {
  const gitea = yield* Gitea
  const faults = yield* SetupFaults

  const noteVain = (one: Assigned | undefined) =>
    one === undefined
      ? faults.over("repository")
      : faults.found("repository", ADVICE_NOT_ALLOWED, { repository: one.repository.fullName })

  /** No part of a round depends on it. */
  const notePulls = gitea.hasAssignedPulls.pipe(
    Effect.flatMap((has) => (has ? faults.found("pullRequest", NO_PULLS) : faults.over("pullRequest"))),
    Effect.ignore
  )

  return { noteVain, notePulls }
})

/**
 * Hooks are sent once, and lost while nobody listens: at start and at every interval, looks at each open issue that is assigned to
 * the bot, and at the issue of each task that is not over. Absence from the list proves nothing, so every issue is read itself; a
 * list that could not be read whole changes nothing. What a look repairs is a gap, unless a delivery turns out to have told of it.
 */
export const Reconciler = Layer.effectDiscard(
  Effect.gen(function* () {
    const { giteaToken, repositories, reconcileInterval } = yield* Settings
    const gitea = yield* Gitea
    const identity = yield* BotIdentity
    const tasks = yield* Tasks
    const { noteVain, notePulls } = yield* makeMistakes
    const compareAll = yield* makeComparing
    const { explainAll } = yield* makeGapExplainer

    const round = Effect.gen(function* () {
      yield* identity.confirmed
      const all = yield* gitea.assigned
      const may = ({ repository }: Assigned) => isAllowed(repositories, repository.fullName)
      yield* noteVain(all.find((one) => !may(one)))
      const listed = all.filter(may).map(({ repository, number }) => ({
        taskId: taskIdOf(repository.id, number),
        fullName: repository.fullName
      }))
      const listedIds = new Set(listed.map(({ taskId }) => taskId))
      const open = (yield* tasks.unfinished).filter(({ taskId }) => !listedIds.has(taskId))
      const issues = [...listed, ...open]
      yield* compareAll(issues)
      yield* Effect.logInfo("Assigned issues checked").pipe(
        Effect.annotateLogs({ listed: listed.length, open: open.length })
      )
      yield* notePulls
      yield* explainAll
    }).pipe(Effect.catchCause((cause) => Effect.logWarning("Assigned issues cannot be checked", cause)))

    if (giteaToken !== null) yield* round.pipe(Effect.repeat(Schedule.spaced(reconcileInterval)), Effect.forkScoped)
  })
)
