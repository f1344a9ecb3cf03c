import { Result } from "effect"
import { CHECK_FILE, readCheckFile } from "../check/CheckFile.ts"
import { guessChecks, MANIFESTS } from "../check/CheckGuess.ts"
import type { CheckPlan } from "../check/CheckPlan.ts"
import type { BaseFiles } from "./BaseFiles.ts"

/** What a plan came to, or why there is none: a sentence without a full stop. */
export type Planned = Result.Result<CheckPlan, string>

const unusable = (why: string): Planned => Result.fail(`${CHECK_FILE} cannot be used: ${why}`)

const manifestsIn = (files: BaseFiles): Readonly<Record<string, string>> =>
  Object.fromEntries(
    MANIFESTS.flatMap((name) => {
      const file = files.get(name)
      return file === undefined ? [] : [[name, file.text ?? ""] as const]
    })
  )

/** The plan of a base branch: what its `.mosaic.yml` says, or a guess. */
export const planOf = (files: BaseFiles): Planned => {
  const file = files.get(CHECK_FILE)
  if (file === undefined) return Result.succeed(guessChecks(manifestsIn(files)))
  if (file.text === null) return unusable(file.why === "no file" ? "it is no file of its own" : "it is too large")
  return Result.match(readCheckFile(file.text), {
    onSuccess: (plan) => Result.succeed(plan),
    onFailure: (faults) =>
      unusable(faults.map(({ column, line, message }) => `line ${line}, column ${column}: ${message}`).join("; "))
  })
}

const quoted = (commands: ReadonlyArray<string>): string => commands.map((command) => `\`${command}\``).join(", ")

/** For the readers of an issue: how the checks were guessed; null where the repository names its own. */
export const guessTold = ({ checks, from, setup }: CheckPlan): string | null => {
  if (from === "file") return null
  const names = checks.map(({ command }) => command)
  if (names.length === 0) {
    return `The repository has no \`${CHECK_FILE}\`, and no checks could be guessed from its files: what is done is not checked.`
  }
  const before = setup === null ? "" : `, after ${quoted(setup.commands)}`
  return `The repository has no \`${CHECK_FILE}\`, so its checks are guessed from its files: ${quoted(names)}${before}.`
}
