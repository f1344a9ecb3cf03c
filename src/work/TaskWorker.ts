import { Cause, Duration, Effect, FiberMap, Layer, PubSub, Queue, Ref, Schedule, Schema } from "effect"
import { ModelError } from "../anthropic/ModelError.ts"
import { isAllowed } from "../domain/Repository.ts"
import { MAX_ATTEMPTS } from "../domain/Task.ts"
import type { TaskId } from "../domain/Task.ts"
import { concernsGitea, GiteaError, isMoved } from "../gitea/GiteaError.ts"
import { SessionRunner } from "../session/SessionRunner.ts"
import { Settings } from "../Settings.ts"
import { WorkGate } from "./WorkGate.ts"
import { RENEWAL } from "../task/Lease.ts"
import type { Claim } from "../task/Lease.ts"
import { IssueObserver } from "../task/IssueObserver.ts"
import { entriesFor } from "../outbox/TaskComments.ts"
import { Tasks } from "../task/Tasks.ts"

/** Between two looks for work when nothing rings. */
const IDLE = Duration.millis(200)
/** How long running turns may go on after a stop was asked for. */
const GRACE = Duration.seconds(5)
const AFTER_OUTAGE = Duration.seconds(30)
const AFTER_REFUSAL = Duration.minutes(5)
const AFTER_FAULT = Duration.seconds(5)
/** Pauses after a refusal, with no run between that got further, before a task waits for a person: an hour of them. */
const REFUSALS = 12

/** Under its new name a repository is found by the next look. */
const restAfter = (error: GiteaError | ModelError): Duration.Duration => {
  if (error._tag === "GiteaError" && isMoved(error)) return AFTER_FAULT
  return error.retryable ? AFTER_OUTAGE : AFTER_REFUSAL
}

const isOutside = Schema.is(Schema.Union([GiteaError, ModelError]))

/** Hands ready tasks to sessions, as many at once as the settings allow, and ends each claim with its outcome. */
export const TaskWorker = Layer.effectDiscard(
  Effect.gen(function* () {
    const { maxConcurrentAgents, repositories } = yield* Settings
    const tasks = yield* Tasks
    const gate = yield* WorkGate
    const observer = yield* IssueObserver
    const runner = yield* SessionRunner
    const stopping = yield* Ref.make(false)
    const bell = yield* Queue.sliding<void>(1)
    const runs = yield* FiberMap.make<TaskId, unknown, never>()
    /** The tasks whose last run ended in a pause, and how often they were refused in such runs in a row. */
    const paused = new Map<TaskId, number>()

    const end = (claim: Claim, to: "failed" | "parked", cause: string) =>
      tasks.move(claim, to, cause, entriesFor(claim.task, { to, cause, answer: null }))
    const fail = (claim: Claim) =>
      end(claim, "failed", `it was given up after ${MAX_ATTEMPTS} attempts without any progress`)

    const work = Effect.fnUntraced(function* (claim: Claim) {
      if (claim.task.attempts > MAX_ATTEMPTS) return yield* fail(claim)
      const ref = { taskId: claim.task.id, fullName: claim.task.fullName }
      const { issue, observation, subject } = yield* observer.observe(ref)
      if (observation._tag !== "Assigned" || issue === null) return
      const { fullName } = subject ?? ref
      if (!isAllowed(repositories, fullName)) {
        return yield* end(claim, "parked", `${fullName} is not in GITEA_REPOSITORIES: add it there first`)
      }
      const outcome = yield* runner.run({ claim, issue, stopping: Ref.get(stopping) })
      if (outcome === null) return yield* tasks.release(claim, Duration.zero, "pause")
      yield* tasks.move(claim, outcome.to, outcome.cause, entriesFor(claim.task, outcome))
    })

    const renewals = (claim: Claim) =>
      Effect.repeat(Effect.delay(tasks.renew(claim), RENEWAL), Schedule.forever).pipe(Effect.andThen(Effect.never))

    /**
     * What does not pass by itself, such as a spend limit, is tried less often. What Gitea refuses of one issue for an hour needs a
     * person; an outage, or a token that is not accepted, is not about the task. `before`: refusals until now, if the run before
     * paused.
     */
    const pause = Effect.fnUntraced(function* (claim: Claim, error: GiteaError | ModelError, before?: number) {
      const log = before === undefined ? Effect.logWarning : Effect.logDebug
      yield* log("Run pauses", error)
      const refusals = (before ?? 0) + (error._tag === "GiteaError" && !concernsGitea(error) ? 1 : 0)
      if (refusals > REFUSALS) return yield* end(claim, "parked", error.message)
      paused.set(claim.task.id, refusals)
      yield* tasks.release(claim, restAfter(error), "pause")
    })

    /** Works the claim, and notes a pause: any other end is a new beginning. */
    const attempt = (claim: Claim) =>
      Effect.suspend(() => {
        const before = paused.get(claim.task.id)
        paused.delete(claim.task.id)
        return Effect.raceFirst(work(claim), renewals(claim)).pipe(
          Effect.catchIf(isOutside, (error) => pause(claim, error, before))
        )
      })

    /** A fault in one run is logged, counted as an attempt, and touches no other. What the other side is to blame for is not counted. */
    const guarded = (claim: Claim) =>
      attempt(claim).pipe(
        Effect.catchTags({
          LeaseLost: ({ message }) => Effect.logInfo(message),
          StoreUnavailable: (error) => Effect.logError("Run stopped", error),
          ForbiddenTransition: (error) => Effect.die(error)
        }),
        Effect.catchCauseIf(
          (cause) => !Cause.hasInterruptsOnly(cause),
          (cause) => Effect.andThen(Effect.logError("Run failed", cause), tasks.release(claim, AFTER_FAULT, "attempt"))
        ),
        Effect.onInterrupt(() => Effect.ignore(tasks.release(claim, Duration.zero, "pause"))),
        Effect.ignoreCause,
        Effect.ensuring(Queue.offer(bell, undefined)),
        Effect.annotateLogs({ task: claim.task.id })
      )

    const fill = Effect.gen(function* () {
      while ((yield* FiberMap.size(runs)) < maxConcurrentAgents) {
        if ((yield* Ref.get(stopping)) || (yield* gate.closed) !== null) return
        const claim = yield* tasks.claim
        if (claim === null) return
        yield* FiberMap.run(runs, claim.task.id, guarded(claim))
      }
    })

    /** Ends the run of a task that is no longer to be worked; by now it may have been claimed anew. */
    const stop = (id: TaskId) =>
      tasks.find(id).pipe(
        Effect.flatMap((task) => {
          if (task?.state === "running") return Effect.void
          paused.delete(id)
          return FiberMap.remove(runs, id)
        }),
        Effect.catch((error) => Effect.logError("Run may go on until its lease is renewed", error)),
        Effect.annotateLogs({ task: id })
      )

    const follow = Effect.flatMap(tasks.changes, (changes) =>
      PubSub.take(changes).pipe(
        Effect.flatMap(({ id, state }) =>
          state === "ready" || state === "running" ? Queue.offer(bell, undefined) : stop(id)
        ),
        Effect.forever
      )
    )

    yield* Effect.addFinalizer(() =>
      Ref.set(stopping, true).pipe(
        Effect.andThen(Effect.ignore(FiberMap.awaitEmpty(runs))),
        Effect.timeoutOption(GRACE)
      )
    )
    yield* Effect.forkScoped(follow)
    yield* fill.pipe(
      Effect.catchCause((cause) => Effect.logError("Cannot look for work", cause)),
      Effect.andThen(Effect.timeoutOption(Queue.take(bell), IDLE)),
      Effect.forever,
      Effect.forkScoped
    )
  })
)
