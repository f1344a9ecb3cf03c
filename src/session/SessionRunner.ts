import { Context, Effect, Layer, Metric } from "effect"
import type { ModelError } from "../anthropic/ModelError.ts"
import { isProgress } from "../domain/AgentTool.ts"
import type { Issue } from "../domain/Issue.ts"
import { nextStep } from "../domain/NextStep.ts"
import { answered, parked } from "../domain/Outcome.ts"
import type { Outcome } from "../domain/Outcome.ts"
import type { Session } from "../domain/Session.ts"
import type { ToolCall, Transcript } from "../domain/Transcript.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import * as Metrics from "../telemetry/Metrics.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { Claim, LeaseLost } from "../task/Lease.ts"
import { Outbox } from "../outbox/Outbox.ts"
import { progressEntry } from "../outbox/TaskComments.ts"
import { Tasks } from "../task/Tasks.ts"
import { Clearance } from "./Clearance.ts"
import type { PaidStep } from "./Clearance.ts"
import { Conversations } from "./Conversations.ts"
import type { Conversation } from "./Conversations.ts"
import { Journal } from "./Journal.ts"
import { SessionOpening } from "./SessionOpening.ts"
import { Toolbox } from "./Toolbox.ts"
import { Turns } from "./Turns.ts"

type RunError = LeaseLost | StoreUnavailable | ModelError | GiteaError

/** What a run works on. */
export interface Assignment {
  readonly claim: Claim
  readonly issue: Issue
  /** True once the process is stopping: no further paid call is begun. */
  readonly stopping: Effect.Effect<boolean>
}

/** Where one step leads: on in the same session, on in its successor, or to the end (null: stopped before the end). */
type Step = "on" | End
type End = { readonly rotate: string } | { readonly over: Outcome | null }

const over = (outcome: Outcome | null): Step => ({ over: outcome })

const noteOf = ({ done, calls }: Transcript) =>
  [...done, ...calls].map(({ use }) => use.input).findLast(isProgress) ?? null

/** Works a task in sessions, one after the other, from wherever its journal stands to its outcome. */
export class SessionRunner extends Context.Service<
  SessionRunner,
  { run(assignment: Assignment): Effect.Effect<Outcome | null, RunError> }
>()("mosaic-coordinator/session/SessionRunner") {
  static readonly layerNoDeps = Layer.effect(
    SessionRunner,
    Effect.gen(function* () {
      const { resume } = yield* Conversations
      const control = yield* Clearance
      const journal = yield* Journal
      const opening = yield* SessionOpening
      const outbox = yield* Outbox
      const tasks = yield* Tasks
      const toolbox = yield* Toolbox
      const turns = yield* Turns

      const runTool = Effect.fnUntraced(function* (
        { claim }: Assignment,
        { append, session }: Conversation,
        { use }: ToolCall
      ) {
        yield* append({ _tag: "ToolStarted", id: use.id })
        const result = yield* toolbox.run(claim.task.id, use, session.limit)
        yield* append({ _tag: "ToolEnded", id: use.id, result: result.text, isError: result.isError })
      })

      /** Brings the progress comment up to date; how often it is edited is the reporter's business. */
      const tell = Effect.fnUntraced(function* ({ claim }: Assignment, { transcript, live }: Conversation) {
        const sessions = yield* journal.sessions(claim.task)
        const task = (yield* tasks.find(claim.task.id)) ?? claim.task
        const run = {
          session: sessions.length,
          turns: task.turns,
          ratio: (yield* live.usage)?.ratio ?? null,
          note: noteOf(yield* transcript)
        }
        yield* tasks.fenced(claim, outbox.put(progressEntry(task.id, "running", task.cause, run)))
      })

      const send = Effect.fnUntraced(function* (
        assignment: Assignment,
        conversation: Conversation
      ): Effect.fn.Return<Step, RunError> {
        if (yield* assignment.stopping) return over(null)
        const clearance: PaidStep = yield* control.clear(assignment.claim, conversation)
        switch (clearance._tag) {
          case "Park":
            return over(parked(clearance.cause))
          case "Rotate":
            return { rotate: clearance.cause }
          case "Compact":
            yield* turns.compact(conversation)
            return "on"
          case "Send":
            yield* turns.take(conversation)
            yield* tell(assignment, conversation)
            return "on"
        }
      })

      const step = Effect.fnUntraced(function* (
        assignment: Assignment,
        conversation: Conversation
      ): Effect.fn.Return<Step, RunError> {
        const next = nextStep(yield* conversation.transcript)
        switch (next._tag) {
          case "Begin":
            yield* conversation.ask(yield* opening.prompt(assignment.claim, conversation.session, assignment.issue))
            return "on"
          case "Ask":
            yield* conversation.ask(next.text)
            return "on"
          case "Send":
            return yield* send(assignment, conversation).pipe(
              Effect.catchTag("ContextOverflow", (error) => Effect.succeed({ rotate: error.message }))
            )
          case "RunTool":
            yield* runTool(assignment, conversation, next.call)
            return "on"
          case "RefuseTool":
            yield* conversation.append({ _tag: "ToolEnded", id: next.call.use.id, result: next.why, isError: true })
            return "on"
          case "Rotate":
            return { rotate: next.cause }
          case "Park":
            return over(parked(next.cause))
          case "Answer":
            return over(answered(next))
        }
      })

      const inSession = Effect.fnUntraced(
        function* (assignment: Assignment, session: Session) {
          const conversation = yield* resume(assignment.claim, session)
          let result: Step = "on"
          while (result === "on") result = yield* step(assignment, conversation)
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
        const barred = yield* control.barred(claim)
        if (barred !== null) return parked(barred)
        yield* Metric.update(Metrics.contextAction("rotate"), 1)
        yield* Effect.logInfo("Session rotated").pipe(
          Effect.annotateLogs({ session: session.id, cause: result.rotate })
        )
        return yield* follow(assignment, yield* opening.open(claim, session))
      })

      const run = Effect.fn("SessionRunner.run")(
        function* (assignment: Assignment) {
          const { claim } = assignment
          const newest = (yield* journal.sessions(claim.task)).at(-1) ?? null
          return yield* follow(assignment, newest?.state === "open" ? newest : yield* opening.open(claim, newest))
        },
        Effect.catchTag(["ModelAuth", "ModelRejected"], (error) => Effect.succeed(parked(error.message)))
      )

      return { run }
    })
  )

  /** With the parts of a session, which tests look into. */
  static readonly layer = this.layerNoDeps.pipe(
    Layer.provideMerge(Layer.mergeAll(Clearance.layer, Conversations.layer, SessionOpening.layer, Turns.layer)),
    Layer.provideMerge(Journal.layer)
  )
}
