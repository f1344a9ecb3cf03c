import { Effect, Path } from "effect"
import type { CheckPlan } from "../check/CheckPlan.ts"
import { Checks } from "../check/Checks.ts"
import type { CheckResult } from "../check/Checks.ts"
import { surroundingsOf } from "../workspace/Surroundings.ts"
import { Workspaces } from "../workspace/Workspaces.ts"

/** Characters of a failed check's output that go back to the session. */
const SHOWN = 6_000

const passes = ({ outcome }: CheckResult): boolean => outcome === "passed"
export const passed = (all: ReadonlyArray<CheckResult>): boolean => all.every(passes)

const NO_SETUP = { results: [], refused: [] }

/** Runs a repository's commands: `setup` in a folder with its tree, and the checks in a fresh one. */
export const makeCheckRun = Effect.gen(function* () {
  const checks = yield* Checks
  const path = yield* Path.Path
  const workspaces = yield* Workspaces

  /** What has to be done before; what did not pass is the last of the results. */
  const prepare = ({ setup }: CheckPlan, tree: string) =>
    setup === null ? Effect.succeed(NO_SETUP) : checks.setUp(setup, surroundingsOf(tree), path.dirname(tree))

  const run = Effect.fn("CheckRun.run")(
    function* (repositoryId: number, commit: string, plan: CheckPlan) {
      if (plan.checks.length === 0) return []
      const tree = yield* workspaces.layOut(repositoryId, commit)
      const before = yield* prepare(plan, tree)
      if (!passed(before.results)) return before.results
      return yield* checks.run(plan.checks, surroundingsOf(tree))
    },
    (effect) => Effect.scoped(effect)
  )

  return { prepare, run }
})

const lineOf = (it: CheckResult): string =>
  `${passes(it) ? "passed" : "FAILED"}: ${it.name} (${it.seconds.toFixed(1)} s)`

/** How each ended, and what those that failed printed last. */
export const resultsTold = (all: ReadonlyArray<CheckResult>): string => {
  const outputs = all
    .filter((it) => !passes(it))
    .map(({ name, outcome, tail }) => `--- ${name} (${outcome})\n${tail.slice(-SHOWN).toWellFormed()}`)
  return [all.map(lineOf).join("\n"), ...outputs].join("\n\n")
}

/** What a session is told of its checks. */
export const checkReport = (all: ReadonlyArray<CheckResult>): string =>
  all.length === 0 ? "The repository has no checks." : resultsTold(all)
