import { Context, Data, Effect, Layer, Result, Schema } from "effect"
import { RUN_CHECKS } from "../domain/AgentTool.ts"
import type { Outcome } from "../domain/Outcome.ts"
import type { Task } from "../domain/Task.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import { Preflight } from "../pull/Preflight.ts"
import type { Workplace, WorkplaceFailed } from "../session/Workplace.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { Claim } from "../task/Lease.ts"
import { Isolation } from "../tool/Isolation.ts"
import { ToolHost } from "../tool/ToolHost.ts"
import type { ToolDefinition } from "../tool/ToolHost.ts"
import { adviceOf, makeBaseFiles, remarksOf } from "./BaseFiles.ts"
import { guessTold, planOf } from "./BasePlan.ts"
import type { Bench } from "./Briefings.ts"
import { asFailed, makeDesks } from "./Desks.ts"
import { makeHandIn } from "./HandIn.ts"
import { makeSavedWork } from "./SavedWork.ts"

const RunChecks: ToolDefinition = {
  name: RUN_CHECKS,
  description:
    "Runs the checks of the repository on your changes as they are now, and tells what they said. `finish` runs them too.",
  input_schema: Schema.toJsonSchemaDocument(Schema.Struct({})).schema
}

/** Whether the sessions of a task have tools. */
export type Prospect = Data.TaggedEnum<{
  Ready: { readonly bench: Bench; readonly workplace: Workplace }
  /** No task has: an analysis is all that can be given. */
  Off: { readonly why: string }
  /** A person has to do something about this repository first. */
  Stop: { readonly why: string }
}>
export const Prospect = Data.taggedEnum<Prospect>()
export type Ready = Extract<Prospect, { readonly _tag: "Ready" }>

/** Where tasks are worked, asked for before anything is paid for. */
export class Workplaces extends Context.Service<
  Workplaces,
  {
    prepare(task: Task): Effect.Effect<Prospect, GiteaError | WorkplaceFailed>
    /** Carries what was made to Gitea, and gives the outcome with what came of it. */
    handIn(
      claim: Claim,
      prospect: Ready,
      outcome: Outcome
    ): Effect.Effect<Outcome, GiteaError | WorkplaceFailed | StoreUnavailable>
    /** The ref that a task's newest work is saved as; null: there is none, or tools are off. */
    saved(task: Task): Effect.Effect<string | null, StoreUnavailable>
    /** Keeps that in Gitea as well where it can be. */
    keep(task: Task): Effect.Effect<void, StoreUnavailable>
  }
>()("mosaic-coordinator/work/Workplaces") {
  static readonly layer = Layer.effect(
    Workplaces,
    Effect.gen(function* () {
      const { verdict } = yield* Isolation
      const host = yield* ToolHost
      const preflight = yield* Preflight
      const readBase = yield* makeBaseFiles
      const openDesk = yield* makeDesks

      const prepare = Effect.fn("Workplaces.prepare")(
        function* (task: Task) {
          if (verdict.kind === "off") return Prospect.Off({ why: verdict.why })
          const look = yield* preflight.look(task)
          if (look._tag === "Stop") return Prospect.Stop({ why: look.why })
          const { ground } = look
          const files = yield* readBase(ground.repository.id, ground.base.commit)
          const plan = planOf(files)
          if (Result.isFailure(plan)) return Prospect.Stop({ why: plan.failure })
          const remarks = remarksOf(files)
          const bench = { ground, plan: plan.success, remarks, advice: adviceOf(files) }
          const told = [guessTold(plan.success), ...remarks].filter((remark) => remark !== null)
          return Prospect.Ready({
            bench,
            workplace: {
              definitions: [...host.definitions, RunChecks],
              remark: told.length === 0 ? null : told.join(" "),
              open: (session) => openDesk(bench, session)
            }
          })
        },
        Effect.catchTag("GitError", (error) => Effect.fail(asFailed(error)))
      )

      const handIn = yield* makeHandIn
      const { keep, saved } = yield* makeSavedWork
      return {
        prepare,
        handIn: (claim, { bench }, outcome) => handIn(claim, bench, outcome),
        saved: (task) => (verdict.kind === "off" ? Effect.succeed(null) : saved(task)),
        keep: (task) => (verdict.kind === "off" ? Effect.void : keep(task))
      }
    })
  )
}
