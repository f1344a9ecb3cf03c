import { Context, Effect, Layer, Metric } from "effect"
import { worksInCheckout } from "../domain/AgentTool.ts"
import { parked } from "../domain/Outcome.ts"
import type { Outcome } from "../domain/Outcome.ts"
import type { Session } from "../domain/Session.ts"
import { MAX_JOURNAL } from "../domain/SessionLimits.ts"
import { TokenScale } from "../context/TokenScale.ts"
import * as Metrics from "../telemetry/Metrics.ts"
import { Clearance } from "./Clearance.ts"
import { Conversations } from "./Conversations.ts"
import { Fitting } from "./Fitting.ts"
import { Journal } from "./Journal.ts"
import { SessionOpening } from "./SessionOpening.ts"
import { makeSessionSteps } from "./SessionSteps.ts"
import type { Assignment, End, RunError, Step } from "./Step.ts"
import { Turns } from "./Turns.ts"

/** Characters of a journal that is not taken up: longer than any becomes whose session rotates in time. */
const MAX_REPLAYED = 4 * MAX_JOURNAL

const TOOLS_GONE = "its session began with tools, and they are off now: see the log of the coordinator"

/** Works a task in sessions, one after the other, from wherever its journal stands to its outcome. */
export class SessionRunner extends Context.Service<
  SessionRunner,
  { run(assignment: Assignment): Effect.Effect<Outcome | null, RunError> }
>()("mosaic-coordinator/session/SessionRunner") {
  static readonly layerNoDeps = Layer.effect(
    SessionRunner,
    Effect.gen(function* () {
      const { resume } = yield* Conversations
      const clearance = yield* Clearance
      const journal = yield* Journal
      const opening = yield* SessionOpening
      const step = yield* makeSessionSteps

      const inSession = Effect.fnUntraced(
        function* (assignment: Assignment, session: Session) {
          const conversation = yield* resume(assignment.claim, session)
          const hasTools = worksInCheckout(session.tools)
          if (hasTools && assignment.workplace === null) return { over: parked(TOOLS_GONE) }
          const desk = hasTools && assignment.workplace !== null ? yield* assignment.workplace.open(session) : null
          let result: Step = "on"
          while (result === "on") result = yield* step(assignment, conversation, desk)
          return result satisfies End
        },
        (effect, _, { id }) => effect.pipe(Effect.scoped, Effect.annotateLogs({ session: id }))
      )

      /** One session to its end, then its successor, until there is an outcome. */
      const follow = Effect.fnUntraced(function* (
        assignment: Assignment,
        session: Session
      ): Effect.fn.Return<Outcome | null, RunError> {
        const { claim } = assignment
        const result = yield* inSession(assignment, session)
        if ("over" in result) {
          return result.over
        }
        const barred = yield* clearance.barred(claim)
        if (barred !== null) return parked(`${barred}, the last one because ${result.rotate}`)
        yield* Metric.update(Metrics.contextAction("rotate"), 1)
        yield* Effect.logInfo("Session rotated").pipe(
          Effect.annotateLogs({ session: session.id, cause: result.rotate })
        )
        return yield* follow(assignment, yield* opening.open(claim, session, assignment.workplace))
      })

      const run = Effect.fn("SessionRunner.run")(function* (assignment: Assignment) {
        const { claim } = assignment
        const newest = (yield* journal.sessions(claim.task)).at(-1) ?? null
        const goesOn = newest?.state === "open" && (yield* journal.size(newest.id)) < MAX_REPLAYED
        return yield* follow(assignment, goesOn ? newest : yield* opening.open(claim, newest, assignment.workplace))
      })

      return { run }
    })
  )

  /** With the parts of a session, which tests look into. */
  static readonly layer = this.layerNoDeps.pipe(
    Layer.provideMerge(Layer.mergeAll(Clearance.layer, Conversations.layer, SessionOpening.layer, Turns.layer)),
    Layer.provideMerge(Layer.mergeAll(Journal.layer, Fitting.layer)),
    Layer.provide(TokenScale.layer)
  )
}
