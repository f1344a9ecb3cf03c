import { Duration, Effect, FiberMap, Layer, Ref } from "effect"
import type { TaskId } from "../domain/Task.ts"
import { Settings } from "../Settings.ts"
import { Doorbell } from "../storage/Doorbell.ts"
import type { Claim } from "../task/Lease.ts"
import { Tasks } from "../task/Tasks.ts"
import { makeRun } from "./Run.ts"
import { WorkGate } from "./WorkGate.ts"

/** How long running turns may go on after a stop was asked for. */
const GRACE = Duration.seconds(5)

/** Hands ready tasks to runs, as many at once as the settings allow, and stops runs whose task was taken away. */
export const TaskWorker = Layer.effectDiscard(
  Effect.gen(function* () {
    const { maxConcurrentAgents } = yield* Settings
    const doorbell = yield* Doorbell
    const gate = yield* WorkGate
    const tasks = yield* Tasks
    const run = yield* makeRun
    const stopping = yield* Ref.make(false)
    const runs = yield* FiberMap.make<TaskId, unknown, never>()
    const claims = new Map<TaskId, Claim>()

    /** There is a free place when it has ended. */
    const ended = (claim: Claim) =>
      Effect.suspend(() => {
        if (claims.get(claim.task.id) === claim) claims.delete(claim.task.id)
        return doorbell.ring("tasks")
      })

    /** Whether a run has to end before its next paid call: nothing is paid for that cannot be answered. */
    const mustStop = Effect.gen(function* () {
      return (yield* Ref.get(stopping)) || (yield* gate.unanswerable)
    })

    const begin = (claim: Claim) =>
      Effect.suspend(() => {
        claims.set(claim.task.id, claim)
        return FiberMap.run(runs, claim.task.id, Effect.ensuring(run(claim, mustStop), ended(claim)))
      })

    const fill = Effect.gen(function* () {
      while (claims.size < maxConcurrentAgents) {
        yield* gate.opened
        if (yield* Ref.get(stopping)) return null
        const claim = yield* tasks.claim
        if (claim === null) return yield* tasks.due
        yield* begin(claim)
      }
      return null
    })

    /** By now the task may have been claimed anew, by a run that goes on. */
    const stop = (claim: Claim) =>
      claims.get(claim.task.id) === claim ? FiberMap.remove(runs, claim.task.id) : Effect.void

    const stopLost = Effect.gen(function* () {
      const lost = yield* tasks.lost([...claims.values()])
      yield* Effect.forEach(lost, stop, { concurrency: "unbounded", discard: true })
      return null
    })

    yield* Effect.addFinalizer(() =>
      Ref.set(stopping, true).pipe(
        Effect.andThen(Effect.ignore(FiberMap.awaitEmpty(runs))),
        Effect.timeoutOption(GRACE)
      )
    )
    yield* Effect.forkScoped(doorbell.follow("tasks", "Cannot check for lost leases", stopLost))
    yield* gate.opened.pipe(Effect.andThen(doorbell.follow("tasks", "Cannot claim tasks", fill)), Effect.forkScoped)
  })
)
