import { answerText } from "../domain/AnswerText.ts"
import { withMarker } from "../domain/Comment.ts"
import type { Outcome } from "../domain/Outcome.ts"
import { progressText } from "../domain/ProgressText.ts"
import type { RunProgress } from "../domain/ProgressText.ts"
import type { Task, TaskId } from "../domain/Task.ts"
import { isOver } from "../domain/TaskState.ts"
import type { TaskState } from "../domain/TaskState.ts"
import { progressKey, reportKey } from "./Outbox.ts"
import type { OutboxEntry } from "./Outbox.ts"

/**
 * The one progress comment of a task. Work that waits or runs is told of only while the issue is the bot's; that it is over is
 * told even when it no longer is, lest the comment speak of work for ever.
 */
export const progressEntry = (
  taskId: TaskId,
  state: TaskState,
  cause: string,
  run: RunProgress | null = null
): OutboxEntry => {
  const key = progressKey(taskId)
  return {
    key,
    taskId,
    needsMandate: !isOver(state),
    body: withMarker(key, progressText(state, cause, run))
  }
}

/** What is said when a run ends: the progress comment, and the answer in a comment of its own. */
export const entriesFor = ({ id, round }: Task, { to, cause, answer }: Outcome): ReadonlyArray<OutboxEntry> => {
  const progress = progressEntry(id, to, cause)
  if (answer === null) return [progress]
  const key = reportKey(id, round)
  return [progress, { key, taskId: id, needsMandate: true, body: withMarker(key, answerText(answer, to)) }]
}
