import { Array, Effect, Ref } from "effect"
import type { Figures } from "./Figures.ts"
import { Run } from "./Run.ts"
import type { Claim } from "./Verdict.ts"

/** MiB that a heap grows into under load, in the first minutes, with nothing kept. */
const WARM_MEMORY = 300
/** MiB in the second half. Of 50,000 deliveries two kilobytes kept of each are over it. */
const MORE_MEMORY = 40
/** Connections come and go with the load, and each of ten runs has pipes to its tools. One kept of each of 80 tasks is over it. */
const MORE_HANDLES = 70
/** Per delivery, or per paid request. */
const FASTER = 1.25
/** Rows of these come with what is paid for, of which people's changes ask now more and now less. */
const OF_PAID: ReadonlyArray<string> = ["sessions", "journal", "samples"]
/** Paid requests of a round. */
const DEARER = 2
/** For a short run. */
const MORE_PAID = 50
/** For a table that hardly grows. */
const MORE_ROWS = 200
/** MiB */
const MORE_LOG = 1

const above = (bound: number, what: string, before: number, after: number): ReadonlyArray<string> =>
  after > bound ? [`${what} from ${before.toFixed(0)} to ${after.toFixed(0)}, over ${bound.toFixed(0)}`] : []

/**
 * What is claimed of the figures of one life, at a sixth of the time, at half of it and at its end. Lines and rows come with every
 * delivery, or with every paid request, and a kill leaves its own behind. So of them the second half is held against the time before it.
 */
const claimsOf = (sixth: Figures, half: Figures, end: Figures): ReadonlyArray<Claim> => {
  type ValueOf = (figures: Figures) => number
  const shareOf = (valueOf: ValueOf) => (valueOf(end) - valueOf(half)) / Math.max(1, valueOf(half) - valueOf(sixth))
  const ofDeliveries = shareOf(({ deliveries }) => deliveries)
  const ofPaid = shareOf(({ paid }) => paid)
  const ofRounds = shareOf(({ rounds }) => rounds)
  const grown = (what: string, most: number, more: number, valueOf: ValueOf) => {
    const before = valueOf(half)
    return above(before + (before - valueOf(sixth)) * most + more, what, before, valueOf(end))
  }
  return [
    {
      name: `memory is at most ${MORE_MEMORY} MB above that at half time, or above ${WARM_MEMORY} MB`,
      against: above(Math.max(WARM_MEMORY, half.memory) + MORE_MEMORY, "MB", half.memory, end.memory)
    },
    {
      name: `at most ${MORE_HANDLES} handles more are open than at a sixth of the time`,
      against: above(sixth.handles + MORE_HANDLES, "handles", sixth.handles, end.handles)
    },
    {
      name: `a delivery of the second half adds to the log at most ${FASTER} times what one before added, and ${MORE_LOG} MB in all`,
      against: grown("MB", ofDeliveries * FASTER, MORE_LOG, ({ log }) => log)
    },
    {
      name: `and to each table at most ${FASTER} times as many rows, and ${MORE_ROWS} in all; to ${OF_PAID.join(", ")} a paid request does`,
      against: Object.keys(end.rows).flatMap((table) =>
        grown(
          table,
          (OF_PAID.includes(table) ? ofPaid : ofDeliveries) * FASTER,
          MORE_ROWS,
          ({ rows }) => rows[table] ?? 0
        )
      )
    },
    {
      name: `a round of the second half has at most ${DEARER} times as many paid requests as one before`,
      against: grown("paid requests", ofRounds * DEARER, MORE_PAID, ({ paid }) => paid)
    }
  ]
}

/** Claims that nothing leaks, on the life that was looked at most often. */
export const growth = Effect.gen(function* () {
  const lives = Array.groupBy(yield* Ref.get((yield* Run).readings), ({ pid }) => String(pid))
  const longest = Object.values(lives).toSorted((a, b) => b.length - a.length)[0] ?? []
  const [sixth] = longest
  const half = longest[(longest.length - 1) >> 1]
  const end = longest.at(-1)
  return sixth && half && end ? claimsOf(sixth, half, end) : []
})
