import { MAX_TRIES } from "./TaskLimits.ts"

/** Calls of one reply that are run. */
export const MAX_CALLS = 32
/** Characters that the results of one reply may have together. */
export const MAX_REPLY_RESULTS = 400_000
/** Characters of a journal from which on its session makes room for a fresh one. */
export const MAX_JOURNAL = 8_000_000

export const TOO_MANY_CALLS = `This call was not run: of one reply ${MAX_CALLS} calls are run at most. Call it again in your next reply.`
export const TOO_MANY_RESULTS =
  "This call was not run: the results of this reply are as long as they may be. Call it again in your next reply."

export const JOURNAL_FULL = "the journal of the session is as long as it may be"

/** Why no further try of a paid call is made in this session. `last`: what became of the one before, as a sentence. */
export const triesSpent = (last: string): string =>
  `${MAX_TRIES} paid requests in a row brought no answer that could be used, the last one because: ${last}`
