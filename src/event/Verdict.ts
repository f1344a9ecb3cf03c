import type { DeliveryStatus, Receipt } from "../domain/Delivery.ts"
import type { Screened } from "./Screening.ts"

/** Why a delivery is ignored that tells of an issue the bot has nothing to do with, as far as was known then. */
export const NOT_OURS = "not assigned to the bot, and no task"

/** What bears on a delivery of all that came before it. */
export interface Known {
  /** This very delivery: the same id with the same body. */
  readonly stored: boolean
  /** The same body, under whatever id. */
  readonly seen: boolean
  /** The same body, and it was not ignored. */
  readonly heeded: boolean
  /** The issue has a task, or a delivery waits that may yet make one. */
  readonly concerned: boolean
  /** Hash of the body of the issue's newest delivery. */
  readonly newestBody: string | null
}

/** What to answer, and what to store: nothing for a delivery that is stored already. */
export interface Verdict {
  readonly receipt: Receipt
  readonly stored: {
    readonly status: DeliveryStatus
    readonly reason: string | null
    readonly replay: boolean
  } | null
}

export interface Candidate {
  readonly incoming: Screened
  readonly known: Known
}

const reasonToIgnore = ({ incoming: { ignored, subject }, known }: Candidate): string | null => {
  if (ignored !== null) return ignored
  if (subject === null) return "not about an issue"
  return subject.assigned || known.concerned ? null : NOT_OURS
}

const judge = (candidate: Candidate, canLook: boolean): Verdict => {
  const { incoming, known } = candidate
  const { action, delivery, event, subject } = incoming
  const about = { delivery, event, action, task: subject?.taskId ?? null }
  const accepted: Receipt = { status: "accepted", ...about }
  const duplicate: Receipt = { status: "duplicate", ...about }

  if (known.stored) return { receipt: duplicate, stored: null }
  const reason = reasonToIgnore(candidate)
  if (reason !== null) {
    return {
      receipt: known.seen ? duplicate : { status: "ignored", ...about, reason },
      stored: { status: "ignored", reason, replay: known.seen }
    }
  }
  if (known.heeded && canLook) {
    return { receipt: duplicate, stored: { status: "accepted", reason: null, replay: true } }
  }
  if (known.heeded && known.newestBody === incoming.bodyHash) {
    return { receipt: duplicate, stored: { status: "duplicate", reason: "nothing came between", replay: true } }
  }
  return { receipt: accepted, stored: { status: "accepted", reason: null, replay: false } }
}

interface Judged {
  readonly incoming: Screened
  readonly verdict: Verdict
}

/** What the deliveries of the same batch add to what the store knows. */
const afterwards = (earlier: ReadonlyArray<Judged>, { incoming, known }: Candidate): Known => {
  const stored = earlier.filter(({ verdict }) => verdict.stored !== null)
  const same = stored.filter((it) => it.incoming.bodyHash === incoming.bodyHash)
  const ofIssue = stored.filter((it) => it.incoming.subject?.taskId === incoming.subject?.taskId)
  return {
    stored: known.stored || same.some((it) => it.incoming.delivery === incoming.delivery),
    seen: known.seen || same.length > 0,
    heeded: known.heeded || same.some(({ verdict }) => verdict.stored?.status !== "ignored"),
    concerned: known.concerned || ofIssue.some(({ verdict }) => verdict.stored?.status === "accepted"),
    newestBody: ofIssue.at(-1)?.incoming.bodyHash ?? known.newestBody
  }
}

/**
 * Judges deliveries in order of arrival, each knowing those before it. A body under a new id is a replay. One that can look at
 * the issue (`canLook`) takes it as a reason to look again, because assign, unassign, assign within one second gives two equal
 * bodies; otherwise the body alone decides, and it says nothing new unless another delivery of the issue came between.
 * What was ignored for its time, and is sent again after that changed, counts as new.
 */
export const verdictsOf = (candidates: ReadonlyArray<Candidate>, canLook: boolean): ReadonlyArray<Verdict> => {
  const judged: Array<Judged> = []
  for (const { incoming, known } of candidates) {
    judged.push({ incoming, verdict: judge({ incoming, known: afterwards(judged, { incoming, known }) }, canLook) })
  }
  return judged.map(({ verdict }) => verdict)
}
