import { Effect } from "effect"
import { nextStep } from "../domain/NextStep.ts"
import { answered, parked } from "../domain/Outcome.ts"
import { cutTo } from "../domain/Prompt.ts"
import { MAX_REPLY_RESULTS } from "../domain/SessionLimits.ts"
import { resultsOf } from "../domain/Transcript.ts"
import type { ToolCall } from "../domain/Transcript.ts"
import { Tasks } from "../task/Tasks.ts"
import type { Conversation } from "./Conversations.ts"
import { Fitting } from "./Fitting.ts"
import { makePaidTurn } from "./PaidTurn.ts"
import { SessionOpening } from "./SessionOpening.ts"
import { over } from "./Step.ts"
import type { Assignment, RunError, Step } from "./Step.ts"
import { RESULT_SHARE, Toolbox } from "./Toolbox.ts"

/** Carries out the next step of a session, from wherever its journal stands. */
export const makeSessionSteps = Effect.gen(function* () {
  const opening = yield* SessionOpening
  const toolbox = yield* Toolbox
  const tasks = yield* Tasks
  const { fit } = yield* Fitting
  const pay = yield* makePaidTurn

  const runTool = Effect.fnUntraced(function* (
    { claim }: Assignment,
    { append, session, transcript }: Conversation,
    { use }: ToolCall
  ) {
    yield* append({ _tag: "ToolStarted", id: use.id })
    const before = resultsOf(yield* transcript)
    const { isError, text } = yield* toolbox.run(claim.task.id, use, { limit: session.limit, before })
    const bounded = text.slice(0, MAX_REPLY_RESULTS).toWellFormed()
    const result = yield* fit(session.model, session.limit * RESULT_SHARE, (tokens) => cutTo(bounded, tokens))
    yield* append({ _tag: "ToolEnded", id: use.id, result, isError })
  })

  return Effect.fnUntraced(function* (
    assignment: Assignment,
    conversation: Conversation
  ): Effect.fn.Return<Step, RunError> {
    const next = nextStep(yield* conversation.transcript)
    switch (next._tag) {
      case "Begin":
        yield* tasks.mark(assignment.claim, "prompt")
        yield* conversation.ask(yield* opening.prompt(assignment.claim, conversation.session, assignment.issue))
        return "on"
      case "Ask":
        yield* conversation.ask(next.text)
        return "on"
      case "Send":
        return yield* pay(assignment, conversation)
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
})
