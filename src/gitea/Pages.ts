import { Array as Arr, Effect, MutableHashSet } from "effect"
import type { Schema } from "effect"
import { SetupFaults } from "../telemetry/SetupFaults.ts"
import { listOf } from "./Answer.ts"
import type { Answer } from "./Answer.ts"
import type { Call } from "./GiteaClient.ts"
import { isTooLong } from "./GiteaError.ts"
import type { GiteaError } from "./GiteaError.ts"

/** Gitea's cap on a page, and the pages that are asked for in the place of one whose answer is too long. */
export const PAGE = 50
const SMALLER = [10, 1]
/** Pages of one list that are read at most, and answers that are asked for to read them. */
const MAX_PAGES = 200
const MAX_CALLS = 400

/** A call that only reads, and so is repeated after a failure. */
export type Get = <A>(call: Omit<Call, "method">, answer: Answer<A>) => Effect.Effect<A, GiteaError>

/** What a list holds, as far as it was read. */
export interface Listed<A> {
  readonly items: ReadonlyArray<A>
  /** Whether nothing was left out of it. */
  readonly isWhole: boolean
}

export interface Page<A> {
  readonly items: ReadonlyArray<A>
  readonly leftOut: number
  /** Answers that it took. */
  readonly calls: number
}

/** The last page holds nothing; one of which nothing could be read may have others behind it. */
export const isEmpty = ({ items, leftOut }: Page<unknown>): boolean => items.length + leftOut === 0

const pageOf =
  <A>(item: Schema.Codec<A, unknown>): Answer<Page<A>> =>
  (text) => {
    const reading = listOf(item)(text)
    return reading._tag === "Read"
      ? { ...reading, value: { items: reading.value, leftOut: reading.leftOut, calls: 1 } }
      : reading
  }

const joined = <A>(pages: ReadonlyArray<Page<A>>): Page<A> => ({
  items: pages.flatMap(({ items }) => items),
  leftOut: pages.reduce((sum, { leftOut }) => sum + leftOut, 0),
  calls: pages.reduce((sum, { calls }) => sum + calls, 1)
})

/**
 * A page, from 1 on. Where its answer is too long the same elements are read in smaller pages, and one that is too long by itself is
 * left out: nobody's text keeps the others from being read.
 */
export const pageAt =
  (get: Get) =>
  <A>(call: Omit<Call, "method">, item: Schema.Codec<A, unknown>) => {
    const at = (page: number, size: number): Effect.Effect<Page<A>, GiteaError> =>
      get({ ...call, query: { ...call.query, page, limit: size } }, pageOf(item)).pipe(
        Effect.catchIf(isTooLong, () => {
          const smaller = SMALLER.find((it) => it < size)
          if (smaller === undefined) return Effect.succeed<Page<A>>({ items: [], leftOut: 1, calls: 1 })
          const parts = size / smaller
          return Effect.map(
            Effect.forEach(Arr.range(1, parts), (part) => at((page - 1) * parts + part, smaller)),
            joined
          )
        })
      )
    return (page: number) => at(page, PAGE)
  }

const ENDLESS = `Gitea, or a proxy before it, gives a list that does not end: only its first ${MAX_PAGES * PAGE} elements are looked at. Look at GITEA_URL, and at what stands before it`

/**
 * Until an empty page: a short one may only mean that the server caps pages lower. A page that brings nothing new ends the list, too,
 * and so does a bound: either is said once for as long as it lasts.
 */
export const makePages = Effect.fnUntraced(function* (get: Get) {
  const faults = yield* SetupFaults
  const endless = new Set<string>()

  const note = (operation: string, ends: boolean) => {
    if (!ends) {
      endless.add(operation)
      return faults.found("endless", ENDLESS, { operation })
    }
    return endless.delete(operation) && endless.size === 0 ? faults.over("endless") : Effect.void
  }

  return Effect.fnUntraced(function* <A>(
    call: Omit<Call, "method">,
    item: Schema.Codec<A, unknown>
  ): Effect.fn.Return<Listed<A>, GiteaError> {
    const read = pageAt(get)(call, item)
    const known = MutableHashSet.empty<A>()
    const items: Array<A> = []
    let isWhole = true
    let calls = 0
    for (let number = 1; number <= MAX_PAGES && calls < MAX_CALLS; number++) {
      const page = yield* read(number)
      calls += page.calls
      isWhole &&= page.leftOut === 0
      if (isEmpty(page)) {
        yield* note(call.operation, true)
        return { items, isWhole }
      }
      const news = page.items.filter((one) => !MutableHashSet.has(known, one))
      if (news.length === 0 && page.leftOut === 0) break
      news.forEach((one) => MutableHashSet.add(known, one))
      items.push(...news)
    }
    yield* note(call.operation, false)
    return { items, isWhole: false }
  })
})
