import { Context, Effect, Layer } from "effect"
import type { Duration, Scope } from "effect"
import type { ToolResult } from "../domain/AgentTool.ts"
import { openSession } from "./HostSession.ts"
import { Isolation } from "./Isolation.ts"
import type { IsolationFailed } from "./IsolationFailed.ts"
import { DEFINITIONS } from "./ToolInputs.ts"

/**
 * A folder of this machine that an isolation has. A path means the same inside and outside, so an argument, a line of output or an
 * `objects/info/alternates` needs no translation. Under bubblewrap everything that is not named here is not there. Under the socket
 * nothing is mounted: each path must lie in the volume that the tools container shares, at the same path. Under `none` every path
 * of the machine is there.
 */
export interface Mount {
  /** Absolute, and it exists. */
  readonly path: string
  readonly access: "read" | "write"
}

/** What an isolation is made of. */
export interface Surroundings {
  readonly mounts: ReadonlyArray<Mount>
  /** Where it begins: a path in one of the mounts. */
  readonly cwd: string
  /** Beside PATH, HOME, TMPDIR, LANG and TERM, and over them. Nothing else of our environment is there. Never a secret. */
  readonly env?: Readonly<Record<string, string>>
}

/** One command in a fresh isolation. */
export interface Command extends Surroundings {
  /** Program and arguments; a script is `["bash", "-c", script, "name", ...args]`. */
  readonly argv: readonly [program: string, ...args: ReadonlyArray<string>]
  /** A unix socket to the proxy that `setup` may use; without it there is no network at all. It need not be in a mount. */
  readonly proxy?: string
  /** At most 8 MiB; its input is empty without. */
  readonly stdin?: Uint8Array
  /** Then it is killed, with everything that it started. */
  readonly limit: Duration.Duration
  /** Bytes of standard output that are kept; with more, `over` says whether that ends it or only the last of them are kept. */
  readonly output: { readonly bytes: number; readonly over: "end" | "keep last" }
}

/** How a command ended, whatever it did. */
export interface Ran {
  /** `overflow`: it wrote more than it may; `overuse`: it used more, and the last line of `stderr` says of what. Only after `exit` is `stdout` whole, and then unless the last of it were kept. */
  readonly end: "exit" | "time limit" | "overflow" | "overuse"
  /** Null where it was killed. */
  readonly exitCode: number | null
  readonly stdout: Uint8Array
  /** The last 8 KiB, as text. */
  readonly stderr: string
  readonly took: Duration.Duration
}

/** What a session may ask of its tools at most. The model cannot raise it. */
export interface CallLimits {
  readonly time: Duration.Duration
  /** UTF-8 bytes of the result. */
  readonly bytes: number
}

/** A tool as the Messages API wants it. */
export interface ToolDefinition {
  readonly name: string
  readonly description: string
  readonly input_schema: unknown
}

/** The tools of one session, at work in its workspace. */
export interface Tools {
  /**
   * Never fails for what a tool did: bad input, a time limit, a host that was killed by the agent are results. A host that is gone
   * is started anew for the next call; `IsolationFailed` where that cannot be done. Calls run one at a time. An interrupted call
   * ends its host with everything in it.
   */
  call(name: string, input: unknown, limits: CallLimits): Effect.Effect<ToolResult, IsolationFailed>
}

/**
 * The port to everything that runs an agent's commands or a repository's code. Nothing of this process is inside: no secret, no
 * store, no control clone. Everything that an isolation started is dead when it ends, daemons included.
 */
export class ToolHost extends Context.Service<
  ToolHost,
  {
    /** bash, read, write, edit, glob, grep. The same for every starter, so that a session can freeze them. */
    readonly definitions: ReadonlyArray<ToolDefinition>
    /** Starts the tool host of a session, ready for calls. It ends with the scope. */
    open(surroundings: Surroundings): Effect.Effect<Tools, IsolationFailed, Scope.Scope>
    /** One command in a fresh isolation: a snapshot, a check, a clean-up. An exit code is a result. Interruption kills it. */
    run(command: Command): Effect.Effect<Ran, IsolationFailed>
  }
>()("mosaic-coordinator/tool/ToolHost") {
  static readonly layerNoDeps = Layer.effect(
    ToolHost,
    Effect.gen(function* () {
      const { starter } = yield* Isolation
      const open = Effect.fn("ToolHost.open")((surroundings: Surroundings) =>
        Effect.flatMap(starter, (own) => openSession(own, surroundings))
      )
      const run = Effect.fn("ToolHost.run")((command: Command) => Effect.flatMap(starter, (own) => own.run(command)))
      return { definitions: DEFINITIONS, open, run }
    })
  )

  static readonly layer = this.layerNoDeps.pipe(Layer.provideMerge(Isolation.layer))
}
