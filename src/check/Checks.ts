import { Clock, Context, Duration, Effect, Layer } from "effect"
import { join } from "node:path"
import { Settings } from "../Settings.ts"
import type { IsolationFailed } from "../tool/IsolationFailed.ts"
import { isListed } from "../tool/proxy/Destination.ts"
import { openSetupProxy } from "../tool/proxy/SetupProxy.ts"
import { ToolHost } from "../tool/ToolHost.ts"
import type { Ran, Surroundings } from "../tool/ToolHost.ts"
import type { Check, Setup } from "./CheckPlan.ts"

/** Of the output of one command, the end is kept: that is where the error is. */
const TAIL_BYTES = 16 * 1024

/** How one command of the repository's ended. */
export interface CheckResult {
  readonly name: string
  readonly outcome: "passed" | "failed" | "time limit"
  readonly seconds: number
  /** The last 16 KiB of what it printed, without colours. Text of a stranger. */
  readonly tail: string
}

/** How a setup went: the commands that were run, and the hosts that it asked for and did not reach. */
export interface SetUp {
  readonly results: ReadonlyArray<CheckResult>
  readonly refused: ReadonlyArray<string>
}

/** Of the hosts that a repository asks for, those that the operator lets it reach, and the others. */
export const grantedHosts = (asked: ReadonlyArray<string>, allowed: ReadonlyArray<string>) => ({
  granted: asked.filter((host) => isListed(host.toLowerCase(), allowed)),
  refused: asked.filter((host) => !isListed(host.toLowerCase(), allowed))
})

// oxlint-disable-next-line no-control-regex
const COLOUR = /\u001b\[[0-9;?]*[ -/]*[@-~]/g

const outcomeOf = ({ end, exitCode }: Ran): CheckResult["outcome"] => {
  if (end === "exit") return exitCode === 0 ? "passed" : "failed"
  return end === "overuse" ? "failed" : "time limit"
}

/** Beside what it printed, why it was ended. */
const said = ({ end, stderr }: Ran): string => (end === "overuse" ? `\n[${stderr.split("\n").at(-1) ?? ""}]` : "")

const resultOf = (name: string, ran: Ran): CheckResult => ({
  name,
  outcome: outcomeOf(ran),
  seconds: Math.round(Duration.toSeconds(ran.took) * 10) / 10,
  tail: `${new TextDecoder().decode(ran.stdout).replace(COLOUR, "")}${said(ran)}`
})

/** Who sees that it failed has to see why. */
const withRefused = (result: CheckResult, refused: ReadonlyArray<string>): CheckResult =>
  result.outcome === "passed" || refused.length === 0
    ? result
    : { ...result, tail: `${result.tail}\n[hosts that setup may not reach: ${refused.join(", ")}]` }

/** Runs a repository's own commands, each in a fresh isolation. What they do is a result; only an isolation that cannot be had is an error. */
export class Checks extends Context.Service<
  Checks,
  {
    /** All of them, one after the other, without network; the ones after a failure too. */
    run(checks: ReadonlyArray<Check>, place: Surroundings): Effect.Effect<ReadonlyArray<CheckResult>, IsolationFailed>
    /**
     * The commands in their order, up to the first that does not pass, within the limit together, with the hosts that
     * AGENT_SETUP_HOSTS grants and no other.
     * `folder` is where the proxy's socket is made: in the shared volume, and not in the workspace.
     */
    setUp(setup: Setup, place: Surroundings, folder: string): Effect.Effect<SetUp, IsolationFailed>
  }
>()("mosaic-coordinator/check/Checks") {
  static readonly layer = Layer.effect(
    Checks,
    Effect.gen(function* () {
      const { setupHosts } = yield* Settings
      const tools = yield* ToolHost

      const one = ({ name, command, limit }: Check, place: Surroundings, proxy?: string) =>
        tools
          .run({
            ...place,
            argv: ["bash", "-c", `exec 2>&1\n${command}`],
            limit,
            output: { bytes: TAIL_BYTES, over: "keep last" },
            ...(proxy === undefined ? {} : { proxy })
          })
          .pipe(Effect.map((ran) => resultOf(name, ran)))

      const run = Effect.fn("Checks.run")((checks: ReadonlyArray<Check>, place: Surroundings) =>
        Effect.forEach(checks, (check) => one(check, place))
      )

      const setUp = Effect.fn("Checks.setUp")(
        function* (setup: Setup, place: Surroundings, folder: string) {
          const hosts = grantedHosts(setup.hosts, setupHosts)
          const proxy = join(folder, "setup.sock")
          const opened = yield* openSetupProxy(proxy, hosts.granted)
          const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(setup.limit)
          const results: Array<CheckResult> = []
          for (const command of setup.commands) {
            const limit = Duration.millis(Math.max(1, end - (yield* Clock.currentTimeMillis)))
            const result = yield* one({ name: command, command, limit }, place, proxy)
            results.push(result)
            if (result.outcome !== "passed") break
          }
          const refused = [...new Set([...hosts.refused, ...(yield* opened.refused)])]
          return { results: results.map((result) => withRefused(result, refused)), refused }
        },
        (effect) => Effect.scoped(effect)
      )

      return { run, setUp }
    })
  )
}
