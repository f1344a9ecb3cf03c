import type { Ground } from "./Ground.ts"
import type { Footing } from "./Integration.ts"
import type { PullFacts } from "./PullText.ts"

/** What is handed in. */
export interface Handed {
  readonly ground: Ground
  /** What the commit is made on. */
  readonly footing: Footing
  /** The saved commit whose tree passed the checks. */
  readonly checked: string
  /** Milliseconds: the same for each try, so that the commit is. */
  readonly at: number
  readonly botLogin: string
  readonly facts: PullFacts
  /** The agent's answer, in Markdown. */
  readonly summary: string
}
