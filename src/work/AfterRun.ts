import { Cause, Data, Duration, Exit, Option } from "effect"
import { concernsAccount } from "../anthropic/ModelError.ts"
import type { ModelError } from "../anthropic/ModelError.ts"
import type { Outcome } from "../domain/Outcome.ts"
import { parked } from "../domain/Outcome.ts"
import { concernsGitea, isMoved } from "../gitea/GiteaError.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import type { WorkplaceFailed } from "../session/Workplace.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { LeaseLost } from "../task/Lease.ts"
import { AFTER_FAULT, AFTER_OUTAGE, AFTER_REFUSAL, isHopeless } from "../telemetry/Trouble.ts"

export type RunError = GiteaError | ModelError | LeaseLost | StoreUnavailable | WorkplaceFailed

/** What follows for the claim of a run that has ended. */
export type AfterRun = Data.TaggedEnum<{
  /** The task goes where the outcome says. */
  Move: { readonly outcome: Outcome }
  /** The task is handed out again after the rest. */
  Release: { readonly rest: Duration.Duration; readonly as: "pause" | "attempt" }
  /** The claim is no longer ours, or not known to be. */
  Leave: {}
}>
export const AfterRun = Data.taggedEnum<AfterRun>()

type Outside = GiteaError | ModelError | WorkplaceFailed

/** Whoever is outside, and not to blame for the task, makes a run pause. */
export const isOutside = (error: RunError): error is Outside =>
  error._tag !== "LeaseLost" && error._tag !== "StoreUnavailable"

/** Whether Gitea refused something of this issue; an outage, or a token that its API does not accept, is not about the task. */
export const isRefusal = (error: RunError): boolean =>
  error._tag === "WorkplaceFailed" ? error.kind === "refusal" : error._tag === "GiteaError" && !concernsGitea(error)

const stopped = AfterRun.Release({ rest: Duration.zero, as: "pause" })

/**
 * What concerns key, account or model keeps the gate closed, so that the task need not rest for it. Under its new name a repository is found by the next look.
 */
const restAfter = (error: Outside): Duration.Duration => {
  if (error._tag === "WorkplaceFailed") return error.kind === "refusal" ? AFTER_REFUSAL : AFTER_OUTAGE
  if (concernsAccount(error)) return AFTER_FAULT
  if (error._tag === "GiteaError" && isMoved(error)) return AFTER_FAULT
  return error.retryable ? AFTER_OUTAGE : AFTER_REFUSAL
}

const afterError = (error: RunError, refusals: number): AfterRun => {
  if (!isOutside(error)) return AfterRun.Leave()
  const isPersons = error._tag === "WorkplaceFailed" && error.kind === "person"
  return isPersons || isHopeless(refusals)
    ? AfterRun.Move({ outcome: parked(error.message) })
    : AfterRun.Release({ rest: restAfter(error), as: "pause" })
}

/**
 * Pure: what follows when a run has ended, well or not. `refusals`: those of Gitea in runs that paused one after the other, this one
 * included. What Gitea refuses for an hour needs a person; only a fault of ours counts as an attempt.
 */
export const afterRun = (exit: Exit.Exit<AfterRun, RunError>, refusals: number): AfterRun => {
  if (Exit.isSuccess(exit)) return exit.value
  if (Cause.hasInterruptsOnly(exit.cause)) return stopped
  return Option.match(Cause.findErrorOption(exit.cause), {
    onNone: () => AfterRun.Release({ rest: AFTER_FAULT, as: "attempt" }),
    onSome: (error) => afterError(error, refusals)
  })
}

/** What follows when a session has come to its end; null: it was stopped before. */
export const afterSession = (outcome: Outcome | null): AfterRun =>
  outcome === null ? stopped : AfterRun.Move({ outcome })
