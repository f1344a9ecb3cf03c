import type { Effect } from "effect"
import type { ModelError } from "../anthropic/ModelError.ts"
import type { Issue } from "../domain/Issue.ts"
import type { Outcome } from "../domain/Outcome.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import type { Sight } from "../issue/Following.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { Workplace, WorkplaceFailed } from "./Workplace.ts"
import type { Claim, LeaseLost } from "../task/Lease.ts"

export type RunError = LeaseLost | StoreUnavailable | ModelError | GiteaError | WorkplaceFailed

/** What a run works on. */
export interface Assignment {
  readonly claim: Claim
  readonly issue: Issue
  /** The newest look at the issue since the run began, by whoever took one. */
  readonly sight: Effect.Effect<Sight | null>
  /** Takes a look now. */
  readonly look: Effect.Effect<void, GiteaError | StoreUnavailable>
  /** Null: the sessions have no tools that touch the repository. */
  readonly workplace: Workplace | null
  /** True once the process is stopping: no further paid call is begun. */
  readonly stopping: Effect.Effect<boolean>
}

/** Where one step leads: on in the same session, on in its successor, or to the end (null: stopped before the end). */
export type Step = "on" | End
export type End = { readonly rotate: string } | { readonly over: Outcome | null }

export const over = (outcome: Outcome | null): Step => ({ over: outcome })
