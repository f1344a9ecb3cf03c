import { Schema } from "effect"

/** Why a change of an issue reached us by looking and not by a delivery, as far as it can be told. */
export const GapCause = Schema.Literals([
  "receiver down",
  "hook inactive",
  "not subscribed to assignments",
  "hook missing",
  "host not allowed",
  "created with assignee",
  "unknown"
])
export type GapCause = typeof GapCause.Type

/** A stretch of time (milliseconds) in which nobody listened. */
export interface Downtime {
  readonly from: number
  readonly to: number
}

/** What is known of a repository's hook that points at us. Only a repository's administrator may read it, and it may be an organization's. */
export type HookState = "unreadable" | "missing" | "inactive" | "unsubscribed" | "active"

export interface Evidence {
  /** When the change happened (milliseconds), or null where that is not known. */
  readonly happenedAt: number | null
  readonly issueCreatedAt: number | null
  readonly downtimes: ReadonlyArray<Downtime>
  readonly hook: HookState
  /** Deliveries that ever came from this repository: any of issues, and any about assignments. */
  readonly received: { readonly any: boolean; readonly assignments: boolean }
}

/** Gitea stamps whole seconds, and sends a delivery up to a few seconds after the change. */
const SLACK = 5_000

const wasDown = ({ happenedAt, downtimes }: Evidence): boolean =>
  happenedAt !== null && downtimes.some(({ from, to }) => happenedAt >= from - SLACK && happenedAt <= to + SLACK)

const cameWithTheIssue = ({ happenedAt, issueCreatedAt }: Evidence): boolean =>
  happenedAt !== null && issueCreatedAt !== null && Math.abs(happenedAt - issueCreatedAt) <= SLACK

/** The probable cause of a gap: the first that the evidence supports, from the surest to the least sure. */
export const causeOf = (evidence: Evidence): GapCause => {
  const { hook, received } = evidence
  if (wasDown(evidence)) return "receiver down"
  if (hook === "inactive") return "hook inactive"
  if (hook === "unsubscribed") return "not subscribed to assignments"
  if (!received.any) return hook === "active" ? "host not allowed" : "hook missing"
  if (!received.assignments) return "not subscribed to assignments"
  return cameWithTheIssue(evidence) ? "created with assignee" : "unknown"
}

/** What to do about it. */
export const adviceFor: Readonly<Record<GapCause, string>> = {
  "receiver down": "nothing: Gitea sends a hook once, and the coordinator was not running",
  "hook inactive": "activate the hook in Gitea",
  "not subscribed to assignments": "tick the events Issues, Issue Assigned and Issue Labeled of the hook",
  "hook missing":
    "create the hook; if there is one, see its recent deliveries and [webhook] ALLOWED_HOST_LIST in Gitea's app.ini",
  "host not allowed":
    "allow the coordinator's host in [webhook] ALLOWED_HOST_LIST of Gitea's app.ini, and restart Gitea",
  "created with assignee":
    "tick the event Issues of the hook: Gitea can lose the assignment of an issue created with it",
  unknown: "see the recent deliveries of the hook in Gitea"
}
