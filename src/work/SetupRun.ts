import { Effect } from "effect"
import type { CheckPlan } from "../check/CheckPlan.ts"
import type { SetUp } from "../check/Checks.ts"
import { WorkplaceFailed } from "../session/Workplace.ts"
import type { Workspace } from "../workspace/Workspaces.ts"
import { makeCheckRun, resultsTold } from "./CheckRun.ts"

const LONGEST_NAME = 80

const oneLine = (command: string): string => {
  const line = command.replace(/\s+/g, " ").trim()
  return line.length <= LONGEST_NAME ? line : `${line.slice(0, LONGEST_NAME).toWellFormed()}...`
}

/**
 * Pure: why no session can work after such a setup, as a sentence without a full stop; null: it can. What the repository itself makes
 * fail may be what the issue is about; a host that nobody granted, or a setup that hangs, no session can mend.
 */
export const setupFault = ({ refused, results }: SetUp): string | null => {
  const last = results.at(-1)
  if (last === undefined || last.outcome === "passed") return null
  if (last.outcome === "time limit") {
    return `setup did not end in time: \`${oneLine(last.name)}\` was stopped after ${last.seconds.toFixed(0)} s`
  }
  return refused.length === 0
    ? null
    : `setup failed at \`${oneLine(last.name)}\`, and was refused ${refused.join(", ")}: add what it needs to AGENT_SETUP_HOSTS, or ask for less in .mosaic.yml`
}

/** Runs `setup` in a workspace, once each time that it is made. What it leaves there is no work. Gives what it said, or null. */
export const makeSetupRun = Effect.gen(function* () {
  const { prepare } = yield* makeCheckRun

  return Effect.fn("SetupRun")(function* (plan: CheckPlan, { beginSetup, disregard, site }: Workspace) {
    if (plan.setup === null) return null
    yield* beginSetup
    const done = yield* prepare(plan, site.tree)
    const why = setupFault(done)
    if (why !== null) return yield* new WorkplaceFailed({ why, kind: "person" })
    yield* disregard
    return resultsTold(done.results)
  })
})
