import { Effect } from "effect"
import type { ModelRejected, ModelUnfit, ThinkingRejected } from "../anthropic/ModelError.ts"
import { isProgress } from "../domain/AgentTool.ts"
import { hasThinking } from "../domain/CleanView.ts"
import { parked } from "../domain/Outcome.ts"
import type { Transcript } from "../domain/Transcript.ts"
import { Outbox } from "../outbox/Outbox.ts"
import { runningEntry } from "../outbox/TaskComments.ts"
import { Settings } from "../Settings.ts"
import { Tasks } from "../task/Tasks.ts"
import { Clearance } from "./Clearance.ts"
import type { Conversation } from "./Conversations.ts"
import { Journal } from "./Journal.ts"
import type { TriesSpent } from "./PaidCall.ts"
import { over } from "./Step.ts"
import type { Assignment, RunError, Step } from "./Step.ts"
import { Turns } from "./Turns.ts"

const noteOf = ({ done, calls }: Pick<Transcript, "done" | "calls">) =>
  [...done, ...calls].map(({ use }) => use.input).findLast(isProgress) ?? null

/** What was refused of a conversation may be of its history: the task goes on without that. Of a first request nothing else can be tried. */
const afterRejection = Effect.fnUntraced(function* (conversation: Conversation, error: ModelRejected) {
  yield* Effect.logWarning("Request refused", error)
  return (yield* conversation.transcript).turns === 0 ? over(parked(error.sentence)) : { rotate: error.sentence }
})

/** The conversation goes on without its thinking, where there was any left. */
const withoutThinking = Effect.fnUntraced(function* (
  { append, transcript }: Conversation,
  error: ThinkingRejected
): Effect.fn.Return<Step, RunError> {
  const { messages, thinkingFrom } = yield* transcript
  if (!hasThinking(messages, thinkingFrom)) return { rotate: error.message }
  yield* append({ _tag: "ThinkingRefused" })
  return "on"
})

/** The next paid call, where the checks before it let it pass; and what the issue is told of it. */
export const makePaidTurn = Effect.gen(function* () {
  const clearance = yield* Clearance
  const journal = yield* Journal
  const outbox = yield* Outbox
  const settings = yield* Settings
  const tasks = yield* Tasks
  const turns = yield* Turns

  /** A session keeps its model; where the settings have another one by now, its successor has that. */
  const unfit = ({ session }: Conversation, error: ModelUnfit): Effect.Effect<Step, ModelUnfit> =>
    session.model === settings.model ? Effect.fail(error) : Effect.succeed({ rotate: error.message })

  /** Brings the progress comment up to date; how often it is edited is the reporter's business. */
  const tell = Effect.fnUntraced(function* ({ claim, workplace }: Assignment, { transcript, live }: Conversation) {
    const sessions = yield* journal.sessions(claim.task)
    const task = (yield* tasks.find(claim.task.id)) ?? claim.task
    const { reading, ...told } = yield* transcript
    const run = {
      session: sessions.length,
      turns: task.turns,
      ratio: (yield* live.usage)?.ratio ?? null,
      note: noteOf(told),
      readAt: reading?.at ?? null,
      remark: workplace?.remark ?? null
    }
    const entry = yield* runningEntry(task.id, task.cause, run)
    yield* tasks.fenced(claim, outbox.put(entry))
  })

  return Effect.fnUntraced(
    function* (assignment: Assignment, conversation: Conversation): Effect.fn.Return<Step, RunError | TriesSpent> {
      if (yield* assignment.stopping) return over(null)
      const paid = yield* clearance.clear(assignment.claim, conversation)
      switch (paid._tag) {
        case "Park":
          return over(parked(paid.cause))
        case "Rotate":
          return { rotate: paid.cause }
        case "Compact":
          yield* turns.compact(conversation)
          return "on"
        case "Send":
          yield* turns.take(conversation)
          yield* tell(assignment, conversation)
          return "on"
      }
    },
    (step, _, conversation) =>
      Effect.catchTags(step, {
        ContextOverflow: (error) => Effect.succeed<Step>({ rotate: error.message }),
        ModelRejected: (error) => afterRejection(conversation, error),
        TriesSpent: ({ cause, isBound }) => Effect.succeed<Step>(isBound ? over(parked(cause)) : { rotate: cause }),
        ModelUnfit: (error) => unfit(conversation, error),
        ThinkingRejected: (error) => withoutThinking(conversation, error)
      })
  )
})
