import { DateTime, Schema } from "effect"
import type { TaskState } from "./TaskState.ts"

/** The actions of deliveries that tell of a task cancelled, and of any other repair. */
const TAKES: ReadonlyArray<string> = ["closed", "unassigned", "assigned", "deleted"]
const GIVES: ReadonlyArray<string> = ["assigned", "opened", "reopened"]

/** The actions that tell of a repair which brought the task into this state. */
export const tellingActions = (state: TaskState): ReadonlyArray<string> => (state === "cancelled" ? TAKES : GIVES)

/** Why a change of an issue reached us by looking and not by a delivery, as far as it can be told. */
export const GapCause = Schema.Literals([
  "receiver down",
  "hook inactive",
  "not subscribed to assignments",
  "hook missing",
  "host not allowed",
  "signature refused",
  "payload too large",
  "created with assignee",
  "unknown"
])
export type GapCause = typeof GapCause.Type

/** A stretch of time (milliseconds) in which nobody listened. */
export interface Downtime {
  readonly from: number
  readonly to: number
}

/**
 * What is known of a repository's hook that points at us; `younger`: it was created after the change. Only a repository's
 * administrator may read it, and it may be an organization's.
 */
export type HookState = "unreadable" | "missing" | "younger" | "inactive" | "unsubscribed" | "active"

export interface Evidence {
  /** When the change happened (milliseconds), or null where that is not known. */
  readonly happenedAt: number | null
  readonly issueCreatedAt: number | null
  readonly downtimes: ReadonlyArray<Downtime>
  readonly hook: HookState
  readonly received: Received
  /** Why requests that may have told of it were refused since it happened; null: none was. */
  readonly refused: "signature" | "size" | null
}

/** Deliveries that came from a repository: any before the change, any about assignments, and any since the change. */
export interface Received {
  readonly before: boolean
  readonly assignments: boolean
  readonly since: boolean
}

/** Gitea stamps whole seconds, and sends a delivery up to a few seconds after the change. */
export const SLACK = 5_000

/** What a stamp in whole seconds may have lost. */
const CUT = 1_000

/** How far outside of the time a change stamped so happened, at the least. */
const distance = (happenedAt: number, { from, to }: Downtime): number =>
  Math.max(0, from - (happenedAt + CUT), happenedAt - to)

/**
 * The time nobody listened into which the change fell, or that is nearest to it within the slack, of two as near the later;
 * null when there is none, or the time of the change is not known. `downtimes` come oldest first.
 */
export const downtimeOf = ({ happenedAt, downtimes }: Pick<Evidence, "happenedAt" | "downtimes">): Downtime | null => {
  if (happenedAt === null) return null
  return downtimes
    .filter(({ from, to }) => happenedAt >= from - SLACK && happenedAt <= to + SLACK)
    .reduce<Downtime | null>(
      (best, it) => (best === null || distance(happenedAt, it) <= distance(happenedAt, best) ? it : best),
      null
    )
}

const cameWithTheIssue = ({ happenedAt, issueCreatedAt }: Evidence): boolean =>
  happenedAt !== null && issueCreatedAt !== null && Math.abs(happenedAt - issueCreatedAt) <= SLACK

/** Nobody listened when it happened; not a few seconds before or after. */
const fellInto = ({ happenedAt }: Evidence, down: Downtime): boolean =>
  happenedAt !== null && distance(happenedAt, down) === 0

/** The probable cause of a gap: the first that the evidence supports, from the surest to the least sure. */
export const causeOf = (evidence: Evidence): GapCause => {
  const { hook, received, refused } = evidence
  const down = downtimeOf(evidence)
  if (down !== null && fellInto(evidence, down)) return "receiver down"
  if (hook === "inactive") return "hook inactive"
  if (hook === "unsubscribed") return "not subscribed to assignments"
  if (refused === "signature" && !received.since) return "signature refused"
  if (refused === "size") return "payload too large"
  // A few seconds off: only where deliveries do come is that what kept this one away.
  if (down !== null && (received.before || received.since)) return "receiver down"
  // Before, there may have been a hook of the organization.
  if (hook === "younger" && !received.before) return "hook missing"
  if (!received.before && !received.since) return hook === "active" ? "host not allowed" : "hook missing"
  // Missing alone proves nothing: there may be a hook of the organization.
  if (hook === "missing" && !received.since) return "hook missing"
  if (cameWithTheIssue(evidence)) return "created with assignee"
  return received.assignments || hook === "active" ? "unknown" : "not subscribed to assignments"
}

/** The events that the hook has to send, as Gitea, Forgejo and the API of both call them. */
export const EVENTS =
  "Issues, Issue Assigned, Issue Labeled and Issue Comment (in Forgejo: Modification, Assignment, Labels and Comments; in the API: issues_only, issue_assign, issue_label and issue_comment)"

/** What to do about it. */
export const adviceFor: Readonly<Record<GapCause, string>> = {
  "receiver down": "nothing: Gitea sends a hook once, and the coordinator was not running",
  "hook inactive": "activate the hook in Gitea",
  "not subscribed to assignments": `tick the events of the hook: ${EVENTS}`,
  "hook missing":
    "create the hook, if that was not done since; if there is one, see its recent deliveries and [webhook] ALLOWED_HOST_LIST in Gitea's app.ini",
  "host not allowed":
    "allow the coordinator's host in [webhook] ALLOWED_HOST_LIST of Gitea's app.ini, and restart Gitea",
  "signature refused": "compare the hook's secret in Gitea with GITEA_WEBHOOK_SECRET: its requests fail verification",
  "payload too large": "nothing: a delivery over 8 MiB is not read, and this comparison finds its issue",
  "created with assignee":
    "tick the event Issues of the hook (in Forgejo: Modification; in the API: issues_only): Gitea can lose the assignment of an issue created with it",
  unknown: "see the recent deliveries of the hook in Gitea"
}

interface Down {
  readonly downFrom: number | null
  readonly downTo: number | null
}

const timeOf = (millis: number | null): string | null =>
  millis === null ? null : DateTime.formatIso(DateTime.makeUnsafe(millis))

/** The time nobody listened, for the log, where there is one. Before the first start nobody ever did. */
export const downIn = ({ downFrom, downTo }: Down) =>
  downTo === null ? {} : { downFrom: timeOf(downFrom), downTo: timeOf(downTo) }

/** The cause with that time, for people. */
export const causeIn = ({ cause, downFrom, downTo }: Down & { readonly cause: GapCause }): string => {
  if (downTo === null) return cause
  const from = downFrom === null ? "" : `from ${timeOf(downFrom)} `
  return `${cause} ${from}until ${timeOf(downTo)}`
}
