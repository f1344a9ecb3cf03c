import { Duration } from "effect"
import type { Issue } from "../domain/Issue.ts"

/** Before this nobody has a Gitea: `opened` and what else is sent at the creation of an issue say 1970. */
const FIRST = Date.UTC(2000, 0, 1)
/** How far Gitea's clock may be ahead of ours. */
const AHEAD = Duration.toMillis(Duration.days(1))

/** When the issue was last changed (milliseconds), by Gitea's clock, in whole seconds; null where what it says is not sound. */
export const issueTimeOf = ({ updatedAt }: Issue, now: number): number | null => {
  const at = Date.parse(updatedAt ?? "")
  return at >= FIRST && at <= now + AHEAD ? at : null
}

/** Whether a change at `at` came before the one at `taken`. Of two within one second, and where a time is not sound, arrival decides. */
export const isOutdated = (at: number | null, taken: number | null): boolean =>
  at !== null && taken !== null && at < taken
