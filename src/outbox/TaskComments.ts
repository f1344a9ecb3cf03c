import { DateTime, Effect } from "effect"
import { withMarker } from "../domain/Comment.ts"
import { percent } from "../domain/ContextUsage.ts"
import type { Outcome } from "../domain/Outcome.ts"
import { ASKS } from "../domain/Recollection.ts"
import type { Task, TaskId } from "../domain/Task.ts"
import { isOver } from "../domain/TaskState.ts"
import type { TaskState } from "../domain/TaskState.ts"
import { disarm, plain } from "./Disarming.ts"
import type { Disarmed } from "./Disarming.ts"
import { progressKey, reportKey } from "./Outbox.ts"
import type { OutboxEntry } from "./Outbox.ts"

const HEADINGS: Record<TaskState, string> = {
  ready: "Queued. Work starts when a slot is free.",
  running: "At work.",
  answered: "The answer is ready, and not on the issue yet.",
  parked: "Waiting for a person.",
  completed: "Done. The answer is in a comment of its own.",
  failed: "Given up.",
  cancelled: "Stopped."
}

/** What a person must know: what waits for somebody. Of the answer its own comment tells. */
const NEWS: ReadonlyArray<TaskState> = ["answered", "parked", "failed"]

/** What may end without a pull request. */
const UNFINISHED: ReadonlyArray<TaskState> = ["parked", "failed", "cancelled"]

/** What the model noted as done and as next. */
interface Note {
  readonly done: string
  readonly next: string
}

/** What a run can tell of itself. */
export interface RunProgress {
  readonly session: number
  readonly turns: number
  /** Share of the context limit, or null while it is unknown. */
  readonly ratio: number | null
  readonly note: Note | null
  /** On how the work is done, in one sentence, or null. */
  readonly remark: string | null
  /** Until when the session has read the issue, in milliseconds; null where that is not known. */
  readonly readAt: number | null
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`

/** Less of the context than this is not worth telling. */
const LEAST_RATIO = 0.01

const contextLine = (ratio: number | null): string =>
  ratio === null || ratio < LEAST_RATIO ? "" : `, context ${percent(ratio)} full`

/** Characters of a note that are shown. */
const MAX_NOTE = 2_000

/** On one line, so that nothing in it is a block of its own. */
const noteLine = (name: string, text: string): string =>
  `- ${name}: ${text.replace(/\s+/g, " ").slice(0, MAX_NOTE).toWellFormed()}`

const second = (at: number): string =>
  DateTime.formatIso(DateTime.makeUnsafe(at))
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC")

const runLines = ({ session, turns, ratio, note, readAt, remark }: RunProgress): ReadonlyArray<string> => [
  `Session ${session}, ${counted(turns, "turn")}${contextLine(ratio)}.`,
  ...(readAt === null ? [] : [`The issue and its comments are read up to ${second(readAt)}.`]),
  ...(note === null ? [] : [noteLine("done", note.done), noteLine("next", note.next)]),
  ...(remark === null ? [] : [remark])
]

/** What to do about it, for the states that wait for somebody. */
const HINTS: Partial<Record<TaskState, string>> = {
  parked:
    "To continue: see to it. Then somebody with write access mentions the bot in a comment. Or unassign the bot and assign it again.",
  failed: "To try again: unassign the bot and assign it again."
}

/** Where the heading says it all, the cause is for the log. */
const whyLines = (state: TaskState, cause: string): ReadonlyArray<string> =>
  state === "ready" || state === "running" || state === "completed" ? [] : [`Why: ${plain(cause)}.`]

/** Where the work is, for a person who wants to go on with it: where there may be no pull request. */
const savedLines = (state: TaskState, saved: string | null): ReadonlyArray<string> =>
  saved !== null && UNFINISHED.includes(state) ? [`The work is saved as \`${saved}\`.`] : []

/** The text of a task's one progress comment, as Markdown; what a run noted is the model's. */
export const progressText = (
  state: TaskState,
  cause: string,
  run: RunProgress | null,
  saved: string | null = null
): string =>
  [
    `**${HEADINGS[state]}**`,
    ...whyLines(state, cause),
    ...savedLines(state, saved),
    ...(HINTS[state] === undefined ? [] : [HINTS[state]]),
    ...(run === null ? [] : runLines(run))
  ].join("\n\n")

/** Characters of an answer that are shown, well under what Gitea stores. */
const MAX_ANSWER = 60_000

/** The text of the final comment. It is the model's, written for people: kept as Markdown, in which nothing acts. */
const answerText = Effect.fnUntraced(function* (answer: string, state: TaskState) {
  const shown: Disarmed = yield* disarm(answer.slice(0, MAX_ANSWER).toWellFormed())
  return [
    shown,
    ...(answer.length > MAX_ANSWER ? ["*(cut: the text was longer)*"] : []),
    ...(state === "parked"
      ? [
          `${ASKS} Answer in a comment that mentions the bot, with write access. Or unassign the bot and assign it again.*`
        ]
      : [])
  ].join("\n\n")
})

const progressOf = (taskId: TaskId, state: TaskState, text: string): OutboxEntry => {
  const key = progressKey(taskId)
  return {
    key,
    taskId,
    needsMandate: !isOver(state) && state !== "answered",
    news: NEWS.includes(state),
    body: withMarker(key, text)
  }
}

/**
 * The one progress comment of a task. Work that waits or runs is told of only while the issue is the bot's; that it is over is
 * told even when it no longer is, lest the comment speak of work for ever.
 */
export const progressEntry = (
  { id, saved }: Pick<Task, "id" | "saved">,
  state: TaskState,
  cause: string
): OutboxEntry => progressOf(id, state, progressText(state, cause, null, saved))

/** The progress comment of a task that has waited for a while; `why` null: only for its turn. */
export const waitingEntry = (taskId: TaskId, why: string | null): OutboxEntry =>
  progressOf(
    taskId,
    "ready",
    why === null ? progressText("ready", "", null) : `**Waiting to start.**\n\nWhy: ${plain(why)}.`
  )

/** Issues that are named; of more it is said that there are. */
const MOST_NAMED = 10

/**
 * The progress comment of a task that waits for other issues, each with its name and its page. By the `/` at the end Gitea does not take
 * a link for a reference, which would be written into those issues.
 */
export const dependingEntry = (
  taskId: TaskId,
  on: ReadonlyArray<{ readonly name: string; readonly url: string }>
): OutboxEntry => {
  const named = on.slice(0, MOST_NAMED).map(({ name, url }) => `[${plain(name)}](${url}/)`)
  const more = on.length > MOST_NAMED ? [`${on.length - MOST_NAMED} more`] : []
  const [heading, rest] =
    on.length === 1
      ? ["Waiting for another issue.", "which has to be closed first."]
      : ["Waiting for other issues.", "which have to be closed first."]
  return progressOf(taskId, "running", `**${heading}**\n\nIt depends on ${[...named, ...more].join(", ")}, ${rest}`)
}

/** The progress comment while a run goes on. */
export const runningEntry = (taskId: TaskId, cause: string, run: RunProgress): Effect.Effect<OutboxEntry> =>
  Effect.map(disarm(progressText("running", cause, run)), (text) => progressOf(taskId, "running", text))

/**
 * What is said when a run ends: the progress comment, and the answer in a comment of its own. That the work is done is said when the
 * answer stands.
 */
export const entriesFor = Effect.fnUntraced(function* (
  task: Pick<Task, "id" | "round" | "saved">,
  { to, cause, answer }: Outcome
): Effect.fn.Return<ReadonlyArray<OutboxEntry>> {
  const { id, round } = task
  const progress = progressEntry(task, to, cause)
  if (answer === null) return [progress]
  const key = reportKey(id, round)
  const report = {
    key,
    taskId: id,
    needsMandate: true,
    news: true,
    body: withMarker(key, yield* answerText(answer, to))
  }
  return to === "completed" ? [report] : [progress, report]
})
