import { Effect } from "effect"
import { estimateTokens } from "../domain/ContextUsage.ts"
import { isFinish } from "../domain/AgentTool.ts"
import { nextStep } from "../domain/NextStep.ts"
import { answered, parked } from "../domain/Outcome.ts"
import { cutTo } from "../domain/Prompt.ts"
import { MAX_REPLY_RESULTS } from "../domain/SessionLimits.ts"
import { resultsOf } from "../domain/Transcript.ts"
import type { ToolUse } from "../domain/Reply.ts"
import type { TaskId } from "../domain/Task.ts"
import type { ToolCall } from "../domain/Transcript.ts"
import { Tasks } from "../task/Tasks.ts"
import type { Conversation } from "./Conversations.ts"
import { Fitting } from "./Fitting.ts"
import { makeLastNews } from "./LastNews.ts"
import { makeNews } from "./News.ts"
import { makePaidTurn } from "./PaidTurn.ts"
import { SessionOpening } from "./SessionOpening.ts"
import { over } from "./Step.ts"
import type { Assignment, RunError, Step } from "./Step.ts"
import type { Desk } from "./Workplace.ts"
import type { ResultRoom } from "./Toolbox.ts"
import { RESULT_SHARE, Toolbox } from "./Toolbox.ts"

const isDone = ({ input, name }: ToolUse): boolean => name === "finish" && isFinish(input) && input.status === "done"

/** Share of the limit that a result may take in any case. */
const LEAST_SHARE = 0.01

/** The tools of every session keep within the room of their reply by themselves; of others' results the room is what is left. */
const shareAfter = (before: ReadonlyArray<string>, limit: number): number =>
  Math.max(LEAST_SHARE, RESULT_SHARE - before.reduce((all, text) => all + estimateTokens(text), 0) / limit)

/** Carries out the next step of a session, from wherever its journal stands. */
export const makeSessionSteps = Effect.gen(function* () {
  const pay = yield* makePaidTurn
  const runTool = yield* makeToolRun
  const { askOn, begin } = yield* makeAsking
  const lastNews = yield* makeLastNews

  return Effect.fnUntraced(function* (
    assignment: Assignment,
    conversation: Conversation,
    desk: Desk | null
  ): Effect.fn.Return<Step, RunError> {
    const next = nextStep(yield* conversation.transcript)
    switch (next._tag) {
      case "Begin":
        yield* begin(assignment, conversation, desk)
        return "on"
      case "Ask": {
        const hasCalls = (yield* conversation.transcript).calls.length > 0
        if (desk !== null && hasCalls) yield* desk.save
        yield* askOn(assignment, conversation, { text: next.text, hasCalls })
        return "on"
      }
      case "Send":
        return yield* pay(assignment, conversation)
      case "RunTool":
        yield* runTool(assignment, conversation, desk, next.call)
        return "on"
      case "RefuseTool":
        yield* conversation.append({ _tag: "ToolEnded", id: next.call.use.id, result: next.why, isError: true })
        return "on"
      case "Rotate":
        return { rotate: next.cause }
      case "Park":
        return over(parked(next.cause))
      case "Answer": {
        const news = yield* lastNews(assignment, conversation)
        if (news === null) return over(answered(next))
        if (desk !== null) yield* desk.save
        yield* conversation.ask(news.text, news.reading)
        return "on"
      }
    }
  })
})

/** Runs a tool call, whose result keeps within its room. */
const makeToolRun = Effect.gen(function* () {
  const toolbox = yield* Toolbox
  const { fit } = yield* Fitting

  /** What every session has is answered here, the rest at the desk; work is done when it passes there. */
  const answer = Effect.fnUntraced(function* (task: TaskId, use: ToolUse, room: ResultRoom, desk: Desk | null) {
    if (desk !== null && !toolbox.has(use.name)) return yield* desk.call(use, room.limit)
    const result = yield* toolbox.run(task, use, room)
    return desk !== null && !result.isError && isDone(use) ? yield* desk.finish : result
  })

  return Effect.fnUntraced(function* (
    { claim }: Assignment,
    { append, session, transcript }: Conversation,
    desk: Desk | null,
    { use }: ToolCall
  ) {
    yield* append({ _tag: "ToolStarted", id: use.id })
    const before = resultsOf(yield* transcript)
    const room = { limit: session.limit, before }
    const { isError, text } = yield* answer(claim.task.id, use, room, desk)
    const bounded = text.slice(0, MAX_REPLY_RESULTS).toWellFormed()
    const share = toolbox.has(use.name) ? RESULT_SHARE : shareAfter(before, session.limit)
    const result = yield* fit(session.model, session.limit * share, (tokens) => cutTo(bounded, tokens))
    yield* append({ _tag: "ToolEnded", id: use.id, result, isError })
  })
})

/** Puts what the user says into the conversation: at its beginning, and before each later request. */
const makeAsking = Effect.gen(function* () {
  const opening = yield* SessionOpening
  const tasks = yield* Tasks
  const newsFor = yield* makeNews

  const begin = Effect.fnUntraced(function* (
    { claim, issue, sight }: Assignment,
    { ask, session }: Conversation,
    desk: Desk | null
  ) {
    yield* tasks.mark(claim, "prompt")
    const { reading, text } = yield* opening.prompt(claim, session, (yield* sight)?.issue ?? issue, desk?.briefing)
    yield* ask(text, reading)
  })

  /** A reply that the model paused in is sent as it is. */
  const askOn = Effect.fnUntraced(function* (
    assignment: Assignment,
    conversation: Conversation,
    { hasCalls, text }: { readonly text: string | null; readonly hasCalls: boolean }
  ) {
    if (text === null && !hasCalls) return yield* conversation.ask(null)
    const news = yield* newsFor(assignment, conversation)
    const all = [text, news.text].filter((part) => part !== null)
    return yield* conversation.ask(all.length === 0 ? null : all.join("\n\n"), news.reading)
  })

  return { askOn, begin }
})
