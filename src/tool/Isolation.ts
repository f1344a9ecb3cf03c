import { Context, Duration, Effect, Layer } from "effect"
import { Settings } from "../Settings.ts"
import type { SettingsValues } from "../Settings.ts"
import { makeChildStarter } from "./ChildStarter.ts"
import { IsolationFailed } from "./IsolationFailed.ts"
import { NAMED } from "./Limits.ts"
import { makeSocketStarter } from "./SocketStarter.ts"
import type { Starter } from "./Starter.ts"
import { bubblewrap, none } from "./Wrappings.ts"

/** How long trying it out may take. */
const TRIAL = Duration.seconds(20)

/** In these words wherever `none` is told of. */
export const NO_ISOLATION =
  "AGENT_SANDBOX is none: the agent's commands run as the coordinator's own user, and can read its tokens, its store and its memory " +
  "and reach its network"

export type Way = "bwrap" | "socket" | "none"

/** What was found out at the start. `off`: there are no tools, and why, as the first line of what was tried. */
export type Verdict =
  | { readonly kind: "on"; readonly way: Way; readonly limits: ReadonlyArray<string> }
  | { readonly kind: "off"; readonly why: string }

/** How each way bounds what runs in it, by name. */
const LIMITS: Readonly<Record<Way, ReadonlyArray<string>>> = {
  bwrap: [NAMED.processes, NAMED.file, NAMED.temporary, NAMED.memory, NAMED.disk, NAMED.core],
  socket: [NAMED.file, NAMED.core, "processes, memory and disk as the tools container is bounded"],
  none: [NAMED.seenProcesses, NAMED.file, NAMED.memory, NAMED.disk, NAMED.core]
}

/** Which way is tried: the one that was asked for, and no other if it fails. */
export const wayOf = ({ sandbox, toolsSocket }: Pick<SettingsValues, "sandbox" | "toolsSocket">): Way => {
  if (sandbox !== "auto") return sandbox
  return toolsSocket === null ? "bwrap" : "socket"
}

/** Whether an agent's commands can be run, and how: found out by doing, once, with the very flags that are used later. */
export class Isolation extends Context.Service<
  Isolation,
  {
    readonly verdict: Verdict
    /** Fails with the reason where tools are off. */
    readonly starter: Effect.Effect<Starter, IsolationFailed>
  }
>()("mosaic-coordinator/tool/Isolation") {
  static readonly layer = Layer.effect(
    Isolation,
    Effect.gen(function* () {
      const settings = yield* Settings
      const way = wayOf(settings)
      const starter = yield* starterOf(way, settings.toolsSocket)
      const why = yield* trial(starter)
      if (why !== null) {
        yield* Effect.logWarning("Tools are off: the isolation does not work").pipe(Effect.annotateLogs({ way, why }))
        return { verdict: { kind: "off", why: `${way}: ${why}` }, starter: Effect.fail(new IsolationFailed({ why })) }
      }
      if (way === "none") yield* Effect.logWarning(NO_ISOLATION)
      yield* Effect.logInfo("Tools are isolated").pipe(Effect.annotateLogs({ way, limits: LIMITS[way].join("; ") }))
      return { verdict: { kind: "on", way, limits: LIMITS[way] }, starter: Effect.succeed(starter) }
    })
  )
}

const starterOf = (way: Way, socket: string | null) => {
  if (way === "socket") return Effect.succeed(makeSocketStarter(socket))
  return makeChildStarter(way === "bwrap" ? bubblewrap() : none)
}

/** Null when it works, else the first line of what was said. */
const trial = (starter: Starter): Effect.Effect<string | null> =>
  starter.run({ mounts: [], cwd: "/", argv: ["true"], limit: TRIAL, output: { bytes: 0, over: "keep last" } }).pipe(
    Effect.map(({ end, exitCode, stderr }) => {
      if (exitCode === 0) return null
      return stderr.trim().split("\n")[0] || (end === "exit" ? `exit code ${exitCode}` : end)
    }),
    Effect.catch(({ why }) => Effect.succeed(why))
  )
