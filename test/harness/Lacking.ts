import { execFileSync } from "node:child_process"
import { env } from "node:process"

/** Tests that need it are left out where it is missing, and say so; never in CI. */
export const lacking = (program: string): boolean => {
  if ("CI" in env) return false
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" })
    return false
  } catch {
    process.stderr.write(`Left out, because ${program} is not installed\n`)
    return true
  }
}
