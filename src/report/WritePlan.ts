import { Data, Duration } from "effect"
import { concernsGitea } from "../gitea/GiteaError.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import type { Look } from "../issue/IssueReader.ts"
import { progressKey } from "../outbox/Outbox.ts"
import type { OutboxRow } from "../outbox/Outbox.ts"
import { AFTER_OUTAGE, AFTER_REFUSAL, isHopeless } from "../telemetry/Trouble.ts"

const LOCKED = 423
const FAULT = 500

/** What becomes of a row of the outbox, by what its issue looks like now. */
export type WritePlan = Data.TaggedEnum<{
  Create: {}
  /** `again`: if the comment was deleted it is written anew, because a person must know. */
  Edit: { readonly id: number; readonly again: boolean }
  /** The comment is on the issue already, and what it says may stay. */
  Keep: { readonly id: number }
  /** It is not said. */
  Drop: { readonly why: string }
}>
export const WritePlan = Data.taggedEnum<WritePlan>()

/** Why nothing new may be said on the issue as it is now; null when it may. */
const obstacle = ({ observation }: Look): string | null => {
  switch (observation._tag) {
    case "Assigned":
      return null
    case "Unassigned":
      return "the issue is not assigned to the bot"
    case "Closed":
      return "the issue is closed"
    case "Gone":
      return "the issue no longer exists"
  }
}

/** Whether the comment has to be looked for by its marker: a write may have gone well whose answer was lost. */
export const needsSearch = ({ commentId, tries }: OutboxRow, { subject }: Look): boolean =>
  subject !== null && commentId === null && tries > 0

/** An answer that comes too late is not given; unless it is there already. */
const withdraw = (row: OutboxRow, { subject }: Look, known: number | null, why: string): WritePlan => {
  const isAnswer = row.key !== progressKey(row.taskId)
  return known !== null && subject !== null && isAnswer ? WritePlan.Keep({ id: known }) : WritePlan.Drop({ why })
}

/** Pure: what to write for a row, given a look at its issue and the comment that is known to be its own. */
export const planWrite = (row: OutboxRow, look: Look, known: number | null): WritePlan => {
  const why = obstacle(look)
  if (why !== null && (row.needsMandate || look.subject === null)) return withdraw(row, look, known, why)
  if (known !== null) return WritePlan.Edit({ id: known, again: row.news && why === null })
  return why === null ? WritePlan.Create() : WritePlan.Drop({ why })
}

/** What becomes of a row that could not be written; `parks`: no answer could be given, because the repository is archived or the issue locked. */
export interface Postponement {
  readonly next: "postpone" | "refused" | "give up"
  readonly rest: Duration.Duration
  readonly parks: boolean
}

/** A write that Gitea itself failed at. Its database may not take the text. */
export const isOverText = ({ operation, status }: GiteaError): boolean =>
  status === FAULT && (operation === "create comment" || operation === "edit comment")

/**
 * Pure: an outage, or a token that is not accepted, says nothing about one comment, so it is never given up for those. A failure of
 * this one `alone`, while others are written, is about its text.
 */
export const planRetry = (row: OutboxRow, error: GiteaError, alone: boolean): Postponement => {
  const rest = error.retryable ? AFTER_OUTAGE : AFTER_REFUSAL
  const parks = error.status === LOCKED
  if (concernsGitea(error) && !(alone && isOverText(error))) return { next: "postpone", rest, parks }
  return { next: isHopeless(row.refusals + 1) ? "give up" : "refused", rest, parks }
}
