import { Effect, Path, Result } from "effect"
import { CHECK_FILE, readCheckFile } from "../check/CheckFile.ts"
import { guessChecks, MANIFESTS } from "../check/CheckGuess.ts"
import type { CheckPlan } from "../check/CheckPlan.ts"
import { Checks } from "../check/Checks.ts"
import type { CheckResult } from "../check/Checks.ts"
import { Git } from "../git/Git.ts"
import type { GitError } from "../git/GitError.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import { Workspaces } from "../workspace/Workspaces.ts"

/** Characters of a failed check's output that go back to the session. */
const SHOWN = 6_000

const passes = ({ outcome }: CheckResult): boolean => outcome === "passed"
export const passed = (all: ReadonlyArray<CheckResult>): boolean => all.every(passes)

/** What a plan came to, or why there is none: a sentence without a full stop. */
export type Planned = Result.Result<CheckPlan, string>

/** Runs a repository's checks on a saved tree. */
export const makeCheckRun = Effect.gen(function* () {
  const clones = yield* ControlClones
  const checks = yield* Checks
  const git = yield* Git
  const path = yield* Path.Path
  const workspaces = yield* Workspaces

  const show = (repositoryId: number, commit: string, file: string) =>
    git
      .run({
        operation: "read a file",
        gitDir: clones.at(repositoryId),
        args: ["cat-file", "blob", `${commit}:${file}`],
        answers: [128]
      })
      .pipe(Effect.map(({ code, text }) => (code === 0 ? text : null)))

  const manifests = Effect.fnUntraced(function* (repositoryId: number, commit: string) {
    const found = yield* Effect.forEach(MANIFESTS, (name) =>
      Effect.map(show(repositoryId, commit, name), (text) => (text === null ? [] : [[name, text] as const]))
    )
    return Object.fromEntries(found.flat())
  })

  /** From the base branch alone: what the agent changes decides nothing. */
  const plan = Effect.fnUntraced(function* (repositoryId: number, commit: string): Effect.fn.Return<Planned, GitError> {
    const file = yield* show(repositoryId, commit, CHECK_FILE)
    if (file === null) return Result.succeed(guessChecks(yield* manifests(repositoryId, commit)))
    return Result.mapError(
      readCheckFile(file),
      (faults) =>
        `${CHECK_FILE} cannot be used: ${faults.map(({ column, line, message }) => `line ${line}, column ${column}: ${message}`).join("; ")}`
    )
  })

  /** What has to be done before, in a folder with the tree of the repository; what did not pass is the last of the results. */
  const prepare = (plan: CheckPlan, tree: string) =>
    plan.setup === null
      ? Effect.succeed([])
      : checks.setUp(plan.setup, { mounts: [{ path: tree, access: "write" }], cwd: tree }, path.dirname(tree))

  const run = Effect.fn("CheckRun.run")(
    function* (repositoryId: number, commit: string, plan: CheckPlan) {
      const tree = yield* workspaces.layOut(repositoryId, commit)
      const before = yield* prepare(plan, tree)
      if (!passed(before)) return before
      return yield* checks.run(plan.checks, { mounts: [{ path: tree, access: "write" }], cwd: tree })
    },
    (effect) => Effect.scoped(effect)
  )

  return { plan, prepare, run }
})

/** What a session is told of its checks. */
export const checkReport = (all: ReadonlyArray<CheckResult>): string => {
  if (all.length === 0) return "The repository has no checks."
  const lines = all.map((it) => `${passes(it) ? "passed" : "FAILED"}: ${it.name} (${it.seconds.toFixed(1)} s)`)
  const failures = all.filter((it) => !passes(it))
  const outputs = failures.map(
    ({ name, outcome, tail }) => `--- ${name} (${outcome})\n${tail.slice(-SHOWN).toWellFormed()}`
  )
  return [lines.join("\n"), ...outputs].join("\n\n")
}
