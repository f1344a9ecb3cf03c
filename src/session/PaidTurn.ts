import { Effect } from "effect"
import { isProgress } from "../domain/AgentTool.ts"
import { parked } from "../domain/Outcome.ts"
import type { Transcript } from "../domain/Transcript.ts"
import { Outbox } from "../outbox/Outbox.ts"
import { progressEntry } from "../outbox/TaskComments.ts"
import { Tasks } from "../task/Tasks.ts"
import { Clearance } from "./Clearance.ts"
import type { Conversation } from "./Conversations.ts"
import { Journal } from "./Journal.ts"
import { over } from "./Step.ts"
import type { Assignment, RunError, Step } from "./Step.ts"
import { Turns } from "./Turns.ts"

const noteOf = ({ done, calls }: Transcript) =>
  [...done, ...calls].map(({ use }) => use.input).findLast(isProgress) ?? null

/** The next paid call, where the checks before it let it pass; and what the issue is told of it. */
export const makePaidTurn = Effect.gen(function* () {
  const clearance = yield* Clearance
  const journal = yield* Journal
  const outbox = yield* Outbox
  const tasks = yield* Tasks
  const turns = yield* Turns

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

  return Effect.fnUntraced(
    function* (assignment: Assignment, conversation: Conversation): Effect.fn.Return<Step, RunError> {
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
    Effect.catchTag("ContextOverflow", (error) => Effect.succeed<Step>({ rotate: error.message }))
  )
})
