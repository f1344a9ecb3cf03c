import { escapeMarkdown } from "./Comment.ts"
import type { TaskState } from "./TaskState.ts"

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
  `Session ${session}, ${turns} turns, context ${ratio === null ? "not known yet" : `${Math.round(ratio * 100)} % full`}.`,
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
