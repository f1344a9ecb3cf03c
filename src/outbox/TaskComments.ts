import { escapeMarkdown, withMarker } from "../domain/Comment.ts"
import { percent } from "../domain/ContextUsage.ts"
import type { Outcome } from "../domain/Outcome.ts"
import type { Task, TaskId } from "../domain/Task.ts"
import { isOver } from "../domain/TaskState.ts"
import type { TaskState } from "../domain/TaskState.ts"
import { progressKey, reportKey } from "./Outbox.ts"
import type { OutboxEntry } from "./Outbox.ts"

const HEADINGS: Record<TaskState, string> = {
  ready: "Queued. Work starts when a slot is free.",
  running: "At work.",
  parked: "Waiting for a person.",
  completed: "Done. The answer is in a comment of its own.",
  failed: "Given up.",
  cancelled: "Stopped."
}

/** What a run can tell of itself. */
export interface RunProgress {
  readonly session: number
  readonly turns: number
  /** Share of the context limit, or null while it is unknown. */
  readonly ratio: number | null
  readonly note: { readonly done: string; readonly next: string } | null
}

const runLines = ({ session, turns, ratio, note }: RunProgress): ReadonlyArray<string> => [
  `Session ${session}, ${turns} turns, context ${ratio === null ? "not known yet" : `${percent(ratio)} full`}.`,
  ...(note === null ? [] : [`- done: ${escapeMarkdown(note.done)}`, `- next: ${escapeMarkdown(note.next)}`])
]

/** What to do about it, for the states that wait for somebody. */
const HINTS: Partial<Record<TaskState, string>> = {
  parked: "To continue: unassign the bot, then assign it again.",
  failed: "To retry: unassign the bot, then assign it again."
}

/** The text of a task's one progress comment. */
export const progressText = (state: TaskState, cause: string, run: RunProgress | null): string =>
  [
    `**${HEADINGS[state]}**`,
    ...(state === "ready" || state === "running" ? [] : [`Why: ${escapeMarkdown(cause)}.`]),
    ...(HINTS[state] === undefined ? [] : [HINTS[state]]),
    ...(run === null ? [] : runLines(run))
  ].join("\n\n")

/** The text of the final comment. It is the model's, written for people: kept as Markdown, with what could act on Gitea disarmed. */
export const answerText = (answer: string, state: TaskState): string =>
  state === "parked"
    ? `${escapeMarkdown(answer)}\n\n*This needs a person. Assign the bot again when it can continue.*`
    : escapeMarkdown(answer)

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
