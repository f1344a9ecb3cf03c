import { Effect } from "effect"
import type { WorkplaceFailed } from "../session/Workplace.ts"

/**
 * Saving that is tried after each turn: why it failed is told once, as long as it is the same, and so is that it works again.
 * `save` gives null, or why the work cannot be saved as it is.
 */
export const makeSaving = (
  save: Effect.Effect<string | null, WorkplaceFailed>
): Effect.Effect<void, WorkplaceFailed> => {
  let trouble: string | null = null
  return Effect.flatMap(save, (why) => {
    const before = trouble
    trouble = why
    if (why === before) return Effect.void
    return why === null
      ? Effect.logInfo("Work is saved again")
      : Effect.logWarning("Work could not be saved: it is tried again after the next turn").pipe(
          Effect.annotateLogs({ why })
        )
  })
}
