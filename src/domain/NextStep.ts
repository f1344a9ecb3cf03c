import { Data } from "effect"
import { CHECKS_FAILED, FILES_BARRED, isFinish } from "./AgentTool.ts"
import type { FinishInput } from "./AgentTool.ts"
import { MAX_CALLS, MAX_REPLY_RESULTS, TOO_MANY_CALLS, TOO_MANY_RESULTS } from "./SessionLimits.ts"
import { resultsOf } from "./Transcript.ts"
import type { ToolCall, Transcript } from "./Transcript.ts"

/** Times in a row that a paused turn is sent again. */
export const MAX_PAUSES = 5

export const NUDGE = "Go on. When the work is done, call the tool `finish` with your answer."
export const CONTINUE_CUT = "Your reply was cut at its length limit. Go on where it stopped, in smaller pieces."
export const CONTINUE_COMPACTED = "The conversation so far was summarised above. Go on with the task."
export const CUT_CALL = "This call was cut at the reply's length limit and was not run. Call again with less input."
export const INTERRUPTED_CALL = "Interrupted: the process restarted before this call ended. Check before you repeat it."

/** Times that a session may hand in work that does not pass its checks, and that changes files which are kept from it. */
export const MAX_CHECK_FAILURES = 3

/** What a session answers. `unfinished`: it stopped without `finish`, and this is its last text. */
export type Answer = FinishInput & { readonly unfinished?: true }

/** What a session does next. */
export type NextStep = Data.TaggedEnum<{
  /** The conversation is new: send the first prompt. */
  Begin: {}
  /** Send what the journal holds; it was asked and not answered. */
  Send: {}
  /** Add the results at hand and this text, then send. */
  Ask: { readonly text: string | null }
  RunTool: { readonly call: ToolCall }
  /** Answer a call without running it. */
  RefuseTool: { readonly call: ToolCall; readonly why: string }
  Rotate: { readonly cause: string }
  Park: { readonly cause: string }
  /** The work is over; without `finish` the last text is the answer. */
  Answer: Answer
}>
export const NextStep = Data.taggedEnum<NextStep>()

const nextCall = (call: ToolCall, transcript: Transcript): NextStep => {
  if (call.cut) return NextStep.RefuseTool({ call, why: CUT_CALL })
  if (transcript.calls.indexOf(call) >= MAX_CALLS) return NextStep.RefuseTool({ call, why: TOO_MANY_CALLS })
  const results = resultsOf(transcript).reduce((size, text) => size + text.length, 0)
  if (results >= MAX_REPLY_RESULTS && !call.started) return NextStep.RefuseTool({ call, why: TOO_MANY_RESULTS })
  return call.started ? NextStep.RefuseTool({ call, why: INTERRUPTED_CALL }) : NextStep.RunTool({ call })
}

const finished = ({ calls }: Transcript): FinishInput | undefined =>
  calls
    .filter(({ use, result }) => use.name === "finish" && result?.isError === false)
    .map(({ use }) => use.input)
    .find(isFinish)

/** What was said of work that was handed in and was not taken, where it begins so. */
const refusals = ({ calls, done }: Transcript, begins: string): ReadonlyArray<string> =>
  [...done, ...calls]
    .filter(({ use }) => use.name === "finish")
    .map(({ result }) => result?.text ?? "")
    .filter((text) => text.startsWith(begins))

/** Why work is not taken any more; null: it may be handed in again. */
const refusedFor = (transcript: Transcript): string | null => {
  if (refusals(transcript, CHECKS_FAILED).length >= MAX_CHECK_FAILURES) {
    return `the checks failed ${MAX_CHECK_FAILURES} times`
  }
  const barred = refusals(transcript, FILES_BARRED)
  if (barred.length < MAX_CHECK_FAILURES) return null
  const [first = ""] = (barred.at(-1) ?? "").split("\n")
  return `${barred.length} times ${first.charAt(0).toLowerCase()}${first.slice(1).replace(/\.$/, "")}`
}

const afterReply = (transcript: Transcript): NextStep => {
  const open = transcript.calls.find(({ result }) => result === null)
  if (open !== undefined) return nextCall(open, transcript)
  const answer = finished(transcript)
  if (answer !== undefined) return NextStep.Answer(answer)
  if (transcript.stopReason === "model_context_window_exceeded") {
    return NextStep.Rotate({ cause: "the reply reached the end of the model's window" })
  }
  const refused = refusedFor(transcript)
  if (refused !== null) return NextStep.Park({ cause: refused })
  if (transcript.stopReason === "refusal") return NextStep.Park({ cause: "Claude refused to go on" })
  if (transcript.calls.length > 0) return NextStep.Ask({ text: null })
  if (transcript.stopReason === "max_tokens") return NextStep.Ask({ text: CONTINUE_CUT })
  if (transcript.stopReason === "pause_turn") {
    return transcript.pauses > MAX_PAUSES
      ? NextStep.Park({ cause: `the model paused its turn ${transcript.pauses} times in a row` })
      : NextStep.Ask({ text: null })
  }
  if (!transcript.nudged) return NextStep.Ask({ text: NUDGE })
  return transcript.text === ""
    ? NextStep.Park({ cause: "the model stopped without an answer" })
    : NextStep.Answer({ answer: transcript.text, status: "done", unfinished: true })
}

/** Total and pure: from where the journal stands to what is to be done. */
export const nextStep = (transcript: Transcript): NextStep => {
  switch (transcript.last) {
    case "nothing":
      return NextStep.Begin()
    case "asked":
      return NextStep.Send()
    case "compacted":
      return NextStep.Ask({ text: CONTINUE_COMPACTED })
    case "compactionFailed":
      return NextStep.Rotate({ cause: "the conversation could not be compacted" })
    case "replied":
      return afterReply(transcript)
  }
}
