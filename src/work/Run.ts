import { Cause, Effect, Exit, Option, Schedule } from "effect"
import type { Scope } from "effect"
import { concernsAccount } from "../anthropic/ModelError.ts"
import { firstStep, parked } from "../domain/Outcome.ts"
import type { Outcome } from "../domain/Outcome.ts"
import { isAllowed } from "../domain/Repository.ts"
import { MAX_ATTEMPTS } from "../domain/Task.ts"
import type { Task } from "../domain/Task.ts"
import { Outbox } from "../outbox/Outbox.ts"
import type { OutboxEntry } from "../outbox/Outbox.ts"
import { entriesFor, progressEntry } from "../outbox/TaskComments.ts"
import { IssueReader } from "../issue/IssueReader.ts"
import { Journal } from "../session/Journal.ts"
import { SessionRunner } from "../session/SessionRunner.ts"
import type { Assignment } from "../session/Step.ts"
import { Settings } from "../Settings.ts"
import { IssueObserver } from "../task/IssueObserver.ts"
import { RENEWAL } from "../task/Lease.ts"
import type { Claim } from "../task/Lease.ts"
import { Tasks } from "../task/Tasks.ts"
import { resumedSpan } from "../telemetry/Tracing.ts"
import { makeTrouble } from "../telemetry/Trouble.ts"
import { Workplaces } from "./Workplaces.ts"
import type { Ready } from "./Workplaces.ts"
import { makeDependencies } from "./Dependencies.ts"
import { AfterRun, afterRun, afterSession, isOutside, isRefusal } from "./AfterRun.ts"
import type { RunError } from "./AfterRun.ts"

const GIVEN_UP: Outcome = {
  to: "failed",
  cause: `gave up after ${MAX_ATTEMPTS} attempts without any progress`,
  answer: null
}

/** Said in one sentence where there is an answer, above it: a fence that the answer leaves open would swallow it. */
const withoutTools = (outcome: Outcome, why: string): Outcome =>
  outcome.answer === null
    ? outcome
    : {
        ...outcome,
        answer: `*The repository could not be looked at or changed, because tools are off (${why}).*\n\n${outcome.answer}`
      }

/** A task that is started again begins with no trouble. */
const keyOf = ({ id, round }: Task) => `${id} ${round}`

/** Tells where the work is that a run leaves. */
const makeSavedNotes = Effect.gen(function* () {
  const scope = yield* Effect.scope
  const tasks = yield* Tasks
  const workplaces = yield* Workplaces

  /** Whatever ended the work, a person finds it in Gitea, too. No run waits for that. */
  const keepEnded = Effect.fnUntraced(function* ({ task: { id } }: Claim) {
    const task = yield* tasks.find(id)
    if (task === null || task.state === "ready" || task.state === "running") return
    yield* Effect.forkIn(Effect.ignore(workplaces.keep(task)), scope)
  })

  const noteSaved = Effect.fnUntraced(function* ({ task }: Claim) {
    const saved = yield* workplaces.saved(task)
    if (saved !== null) yield* tasks.saved(task, saved)
    return { ...task, saved: saved ?? task.saved }
  })

  return { keepEnded, noteSaved }
})

/** Ends a claim by how its run went. */
const makeEnding = Effect.gen(function* () {
  const journal = yield* Journal
  const outbox = yield* Outbox
  const tasks = yield* Tasks
  const { keepEnded, noteSaved } = yield* makeSavedNotes
  const pauses = makeTrouble<string>({ says: "Run paused" })

  /** Says how a run ended, where that is of interest, and gives the refusals in pauses up to this one. */
  const note = Effect.fnUntraced(function* ({ task }: Claim, exit: Exit.Exit<AfterRun, RunError>) {
    const error = Option.getOrNull(Exit.findErrorOption(exit))
    // The health of Claude says it once for all.
    if (error !== null && concernsAccount(error)) return 0
    if (error !== null && isOutside(error)) {
      return (yield* pauses.met(keyOf(task), { error, isRefusal: isRefusal(error) })).refusals
    }
    yield* pauses.over(keyOf(task))
    if (error?._tag === "LeaseLost") yield* Effect.logInfo(error.message)
    if (error?._tag === "StoreUnavailable") yield* Effect.logError("Run stopped", error)
    if (Exit.isFailure(exit) && Cause.hasDies(exit.cause)) yield* Effect.logError("Run failed", exit.cause)
    return 0
  })

  /** A session that had ended before its task moved would be followed by another one. */
  const tell = (task: Task, entries: ReadonlyArray<OutboxEntry>) =>
    Effect.andThen(journal.end(task.id), Effect.forEach(entries, outbox.put, { discard: true }))

  const move = Effect.fnUntraced(function* (claim: Claim, outcome: Outcome) {
    const entries = yield* entriesFor(claim.task, outcome)
    const { cause, state } = firstStep(outcome)
    yield* tasks.move(claim, state, cause, tell(claim.task, entries))
  })

  const carryOut = (claim: Claim, after: AfterRun) =>
    AfterRun.$match(after, {
      Move: ({ outcome }) => move(claim, outcome),
      Release: ({ as, rest }) => tasks.release(claim, rest, as),
      Leave: () => Effect.void
    })

  const end = Effect.fnUntraced(function* (claim: Claim, exit: Exit.Exit<AfterRun, RunError>) {
    const refusals = yield* note(claim, exit)
    const task = yield* noteSaved(claim)
    yield* carryOut({ ...claim, task }, afterRun(exit, refusals))
  })

  return (claim: Claim, exit: Exit.Exit<AfterRun, RunError>) =>
    end(claim, exit).pipe(
      Effect.ensuring(Effect.ignore(keepEnded(claim))),
      Effect.catchTag("ForbiddenTransition", (error) => Effect.die(error))
    )
})

/** Has sessions work on a task whose issue was looked at, and hands in what they made. */
const makeSessions = Effect.gen(function* () {
  const observer = yield* IssueObserver
  const runner = yield* SessionRunner
  const workplaces = yield* Workplaces

  /** What is handed in is asked about once more: an issue that was closed meanwhile gets no pull request. */
  const handIn = Effect.fnUntraced(function* (claim: Claim, ready: Ready, outcome: Outcome) {
    const { fullName, id } = claim.task
    const { observation } = yield* observer.observe({ taskId: id, fullName })
    return observation._tag === "Assigned"
      ? afterSession(yield* workplaces.handIn(claim, ready, outcome))
      : AfterRun.Leave()
  })

  return Effect.fnUntraced(function* (on: Omit<Assignment, "workplace">): Effect.fn.Return<AfterRun, RunError> {
    const { claim } = on
    const prospect = yield* workplaces.prepare(claim.task)
    if (prospect._tag === "Stop") return AfterRun.Move({ outcome: parked(prospect.why) })
    const workplace = prospect._tag === "Ready" ? prospect.workplace : null
    const outcome = yield* runner.run({ ...on, workplace }).pipe(
      // What a person has to see to ends the work, and what there is of it is kept.
      Effect.catchIf(
        (error) => error._tag === "WorkplaceFailed" && error.kind === "person",
        (error) => Effect.succeed(parked(error.message))
      )
    )
    if (outcome === null) return afterSession(null)
    yield* workplaces.keep(claim.task)
    return prospect._tag === "Ready"
      ? yield* handIn(claim, prospect, outcome)
      : afterSession(withoutTools(outcome, prospect.why))
  })
})

/** Works on a claimed task, once what must hold before that holds. */
const makeWork = Effect.gen(function* () {
  const { repositories } = yield* Settings
  const tasks = yield* Tasks
  const issues = yield* IssueReader
  const observer = yield* IssueObserver
  const outbox = yield* Outbox
  const dependOn = yield* makeDependencies
  const atWork = yield* makeSessions

  return Effect.fnUntraced(function* (
    claim: Claim,
    stopping: Effect.Effect<boolean>
  ): Effect.fn.Return<AfterRun, RunError, Scope.Scope> {
    const { attempts, cause, fullName, id, turns } = claim.task
    if (attempts >= MAX_ATTEMPTS) return AfterRun.Move({ outcome: GIVEN_UP })
    const sight = yield* issues.follow(id)
    const { issue, observation, subject } = yield* observer.observe({ taskId: id, fullName })
    if (observation._tag !== "Assigned" || issue === null) return AfterRun.Leave()
    const name = subject?.fullName ?? fullName
    if (!isAllowed(repositories, name)) {
      return AfterRun.Move({ outcome: parked(`${name} is not in GITEA_REPOSITORIES: add it there first`) })
    }
    const waits = yield* dependOn(claim, name)
    if (waits !== null) return waits
    // The first sign of life; later ones tell how it is going.
    if (turns === 0) yield* tasks.fenced(claim, outbox.put(progressEntry(claim.task, "running", cause)))
    const look = Effect.asVoid(observer.observe({ taskId: id, fullName: name }))
    // The repository may have been renamed, and another one have its old name.
    const named = { ...claim, task: { ...claim.task, fullName: name } }
    return yield* atWork({ claim: named, issue, sight, look, stopping })
  })
})

/**
 * A run: from a claim to what follows for its task. A fault in it is logged and counted as an attempt; what the other side is to
 * blame for makes it pause and is not counted.
 */
export const makeRun = Effect.gen(function* () {
  const tasks = yield* Tasks
  const work = yield* makeWork
  const end = yield* makeEnding

  const renewals = (claim: Claim) =>
    Effect.repeat(Effect.delay(tasks.renew(claim), RENEWAL), Schedule.forever).pipe(Effect.andThen(Effect.never))

  return (claim: Claim, stopping: Effect.Effect<boolean>) =>
    Effect.uninterruptibleMask((restore) =>
      restore(Effect.raceFirst(Effect.scoped(work(claim, stopping)), renewals(claim))).pipe(
        Effect.exit,
        Effect.flatMap((exit) => end(claim, exit)),
        // What follows may fail as well, and that has its own consequence.
        Effect.catchCause((cause) => Effect.ignoreCause(end(claim, Exit.failCause(cause))))
      )
    ).pipe(
      resumedSpan("TaskWorker.run", claim.task.id, [claim.task.traceparent]),
      Effect.annotateLogs({ task: claim.task.id })
    )
})
