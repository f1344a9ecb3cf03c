import { estimateTokens } from "../domain/ContextUsage.ts"
import type { StreamUsage } from "./ModelRequest.ts"

/** The figures of a reply under way as the API says them; `output` is null until it does. */
export interface StreamFigures {
  readonly input: number
  readonly output: number | null
}

/** Follows a reply under way. `written` is all that came so far: text, thinking and tool input. */
export interface StreamProgress {
  readonly written: string
  readonly usage: StreamUsage
}

export const nothing: StreamProgress = { written: "", usage: { input: 0, output: 0 } }

/** One event later, which brought `piece`. */
export const advance = (before: StreamProgress, piece: string, { input, output }: StreamFigures): StreamProgress => {
  const written = before.written + piece
  return { written, usage: { input, output: output ?? estimateTokens(written) } }
}
