import type { IssueText } from "./Prompt.ts"
import { cutTo, FIRST_PROMPT_SHARE } from "./Prompt.ts"
import { fence } from "./Fence.ts"
import type { ToolCall, Transcript } from "./Transcript.ts"

/** What a session leaves to the one that goes on with its task. */
export interface Handover {
  readonly task: string
  /** Lines of the issue that bind the answer, verbatim. */
  readonly constraints: ReadonlyArray<string>
  readonly done: ReadonlyArray<string>
  readonly failed: ReadonlyArray<string>
  readonly next: string
  readonly summary: string | null
}

const BINDING = /\b(must|must not|never|only|do not|don't|without|required?|at least|at most|no more than)\b/i
const CHECKBOX = /^\s*[-*] \[[ xX]\] /

/** Every checklist item, and every line that says must, never, only and the like. */
export const constraintsOf = (body: string): ReadonlyArray<string> =>
  body.split("\n").filter((line) => CHECKBOX.test(line) || BINDING.test(line))

/** The newest calls of a session that a handover names one by one. */
const MAX_CALLS = 20
const CALL_LENGTH = 160

const firstLine = (text: string): string => (text.split("\n")[0] ?? "").slice(0, CALL_LENGTH)

const describe = ({ use, result }: ToolCall): string =>
  `${use.name} ${Object.entries(use.input ?? {})
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(" ")
    .slice(0, CALL_LENGTH)} -> ${firstLine(result?.text ?? "no result")}`

/** Made from the journal alone: no model is asked, so a full or failing context cannot spoil it. */
export const handoverOf = ({ fullName, issue }: IssueText, transcript: Transcript): Handover => {
  const calls = [...transcript.done, ...transcript.calls]
  const answered = calls.filter(({ result }) => result !== null).slice(-MAX_CALLS)
  const progress = calls.findLast(({ use }) => use.name === "progress")
  return {
    task: `${fullName}#${issue.number} ${issue.title}`,
    constraints: constraintsOf(issue.body),
    done: answered.filter(({ result }) => result?.isError !== true).map(describe),
    failed: answered.filter(({ result }) => result?.isError === true).map(describe),
    next: progress === undefined ? transcript.text : describe(progress),
    summary: transcript.summary
  }
}

const list = (title: string, items: ReadonlyArray<string>): string =>
  items.length === 0 ? `${title}: nothing.` : `${title}:\n${items.map((item) => `- ${item}`).join("\n")}`

/** The first message of a successor: the issue's own prompt, then what its predecessor left; each within its share of the limit. */
export const renderHandover = (handover: Handover, issuePrompt: string, limit: number): string => {
  const room = Math.floor(limit * FIRST_PROMPT_SHARE)
  const share = (text: string, part: number) => cutTo(text, Math.floor(room * part))
  return [
    share(issuePrompt, 0.5),
    `You go on with this task in a fresh session, because the one before had filled its context: ${handover.task}`,
    share(fence("constraints, verbatim from the issue", handover.constraints.join("\n")), 0.15),
    share(list("Done before you, oldest first", handover.done), 0.15),
    share(list("Failed before you", handover.failed), 0.05),
    share(`Next step, as noted last: ${handover.next === "" ? "not noted" : handover.next}`, 0.1),
    share(`Last summary: ${handover.summary ?? "none"}`, 0.2),
    "Do not repeat what is done. Go on."
  ].join("\n\n")
}
