import { Schema } from "effect"
import type { Effect, Scope } from "effect"
import type { IsolationFailed } from "./IsolationFailed.ts"
import type { Command, Ran, Surroundings } from "./ToolHost.ts"

/** The other end is gone, or said what no host says. `why` goes on after "The tool host". */
export class LinkEnded extends Schema.TaggedError<LinkEnded>()("LinkEnded", { why: Schema.String }) {
  override get message() {
    return `The tool host ${this.why}`
  }
}

/** Lines to and from a tool host that runs. */
export interface HostLink {
  send(line: string): Effect.Effect<void>
  /** The next line that it says, in order. */
  readonly receive: Effect.Effect<string, LinkEnded>
}

/** A way to start things in an isolation. Whatever was started is dead when its scope closes, or when `run` returns. */
export interface Starter {
  open(surroundings: Surroundings): Effect.Effect<HostLink, IsolationFailed, Scope.Scope>
  run(command: Command): Effect.Effect<Ran, IsolationFailed>
}

/** The longest line that a host may say: a result of the largest size, each byte escaped. */
export const LONGEST_LINE = 8 * 1024 * 1024
/** Lines that wait to be read before the host has to wait. */
export const LINES_WAITING = 16
/** Bytes of standard error that are kept. */
export const STDERR_KEPT = 8 * 1024
