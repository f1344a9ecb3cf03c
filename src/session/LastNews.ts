import { Duration, Effect } from "effect"
import { holdsAnswer, MOST_HELD, NOT_TAKEN } from "../domain/News.ts"
import { canGoOn } from "../domain/TaskLimits.ts"
import { Tasks } from "../task/Tasks.ts"
import type { Conversation } from "./Conversations.ts"
import { makeNews } from "./News.ts"
import type { Update } from "./News.ts"
import type { Assignment } from "./Step.ts"

/** An answer waits no longer for a look at the issue: Gitea may be away. */
const LOOK_LIMIT = Duration.seconds(10)

/**
 * What people wrote and edited while a session gave its answer: told to it in the place of an end, so that it answers again. Null: the
 * answer is taken. Looked for when the answer is there, whether by `finish` or without it, and its checks have passed, since the issue
 * may have been written on until then. How often answers are held follows from the journal. What is left of the task's bounds has to
 * be enough to see to the news and to answer again: an answer that is there is worth more.
 */
export const makeLastNews = Effect.gen(function* () {
  const newsFor = yield* makeNews
  const tasks = yield* Tasks

  /** No other turn would make up for a hook that was lost. Without the look the newest one before it decides. */
  const lookAt = ({ look }: Assignment) =>
    look.pipe(
      Effect.catchTag("GiteaError", () => Effect.void),
      Effect.timeoutOption(LOOK_LIMIT)
    )

  return Effect.fnUntraced(function* (assignment: Assignment, conversation: Conversation) {
    const { held } = yield* conversation.transcript
    const account = yield* tasks.find(assignment.claim.task.id)
    if (held >= MOST_HELD || account === null || !canGoOn(account)) return null
    yield* lookAt(assignment)
    const { byWriters, reading, text } = yield* newsFor(assignment, conversation)
    if (text === null || !holdsAnswer(held, byWriters)) return null
    yield* Effect.logInfo("Answer held for news of the issue").pipe(Effect.annotateLogs({ held: held + 1 }))
    return { text: `${NOT_TAKEN}\n\n${text}`, reading, byWriters } satisfies Update
  })
})
