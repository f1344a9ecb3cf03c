import { CHECKS_FAILED, isProgress, RUN_CHECKS } from "./AgentTool.ts"
import type { IssueText } from "./Prompt.ts"
import { estimateTokens } from "./ContextUsage.ts"
import { fenceWithin, FIRST_PROMPT_SHARE, firstPrompt } from "./Prompt.ts"
import type { ToolCall, Transcript } from "./Transcript.ts"
import { visible } from "./Visible.ts"

/** What a session leaves to the one that goes on with its task. */
export interface Handover {
  /** `owner/name#number`: the title is a stranger's text, and stays inside its fence. */
  readonly task: string
  /** Lines of the issue that bind the answer, verbatim. */
  readonly constraints: ReadonlyArray<string>
  readonly done: ReadonlyArray<string>
  readonly failed: ReadonlyArray<string>
  /** What the checks said when they ran last; null: they did not. */
  readonly checks: string | null
  readonly next: string
  readonly summary: string | null
}

const BINDING = /\b(must|must not|never|only|do not|don't|without|require[ds]?|at least|at most|no more than)\b/i
const CHECKBOX = /^\s*[-*] \[[ xX]\] /

/** Every checklist item, and every line that says must, never, only and the like. */
export const constraintsOf = (body: string): ReadonlyArray<string> =>
  body.split("\n").filter((line) => CHECKBOX.test(line) || BINDING.test(line))

/** The newest calls of a session that a handover names one by one. */
const MAX_CALLS = 20
const CALL_LENGTH = 160

const firstLine = (text: string): string => (text.split("\n")[0] ?? "").slice(0, CALL_LENGTH).toWellFormed()

const describe = ({ use, result }: ToolCall): string =>
  `${use.name} ${Object.entries(use.input ?? {})
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(" ")
    .slice(0, CALL_LENGTH)
    .toWellFormed()} -> ${firstLine(result?.text ?? "no result")}`

/** `finish` runs the checks too, and tells only of those that failed. */
const ranChecks = ({ result, use }: ToolCall): boolean =>
  result !== null && (use.name === RUN_CHECKS || (use.name === "finish" && result.text.startsWith(CHECKS_FAILED)))

/** Made from the journal alone: no model is asked, so a full or failing context cannot spoil it. */
export const handoverOf = (
  { fullName, issue }: Pick<IssueText, "fullName" | "issue">,
  transcript: Transcript
): Handover => {
  const calls = [...transcript.done, ...transcript.calls]
  const answered = calls.filter(({ result }) => result !== null).slice(-MAX_CALLS)
  const notes = calls.filter(({ use }) => use.name === "progress").map(({ use }) => use.input)
  return {
    task: `${fullName}#${issue.number}`,
    constraints: constraintsOf(visible(issue.body).text),
    done: answered.filter(({ result }) => result?.isError !== true).map(describe),
    failed: answered.filter(({ result }) => result?.isError === true).map(describe),
    checks: calls.findLast(ranChecks)?.result?.text ?? null,
    next: notes.findLast(isProgress)?.next ?? transcript.text,
    summary: transcript.summary
  }
}

/** Shares of the first prompt: the issue itself, then what its predecessor left. */
const SHARES = { issue: 0.35, constraints: 0.15, done: 0.15, failed: 0.05, checks: 0.05, next: 0.05, summary: 0.2 }

const CLOSING = "Do not repeat what is done. Go on."
/** Tokens for the empty lines between the parts. */
const SEPARATORS = 10

const lines = (items: ReadonlyArray<string>): string => (items.length === 0 ? "nothing" : items.join("\n"))

/** The first message of a successor, within the share of the limit (tokens) that any first prompt has. */
export const renderHandover = (text: IssueText, handover: Handover, limit: number): string => {
  const opening = `You go on with ${handover.task} in a fresh session, because the one before had filled its context.`
  const room = Math.max(0, limit * FIRST_PROMPT_SHARE - estimateTokens(`${opening}${CLOSING}`) - SEPARATORS)
  const section = (label: string, content: string, share: number) =>
    fenceWithin(label, content, Math.floor(room * share))
  return [
    firstPrompt(text, (room / FIRST_PROMPT_SHARE) * SHARES.issue),
    opening,
    section("constraints, verbatim from the issue", lines(handover.constraints), SHARES.constraints),
    section("done before you, oldest first", lines(handover.done), SHARES.done),
    section("failed before you", lines(handover.failed), SHARES.failed),
    ...(handover.checks === null ? [] : [section("the checks, as they ran last", handover.checks, SHARES.checks)]),
    section("next step, as noted last", lines([handover.next]), SHARES.next),
    section("last summary", handover.summary ?? "none", SHARES.summary),
    CLOSING
  ].join("\n\n")
}
