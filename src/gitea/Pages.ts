import { Effect, Option, Stream } from "effect"
import type { Schema } from "effect"
import { listOf } from "./Answer.ts"
import type { Answer } from "./Answer.ts"
import type { Call } from "./GiteaClient.ts"
import type { GiteaError } from "./GiteaError.ts"

/** Gitea's cap on a page, and how many pages are read at most. */
const PAGE = 50
const MAX_PAGES = 200

/** A call that only reads, and so is repeated after a failure. */
export type Get = <A>(call: Omit<Call, "method">, answer: Answer<A>) => Effect.Effect<A, GiteaError>

interface Page<A> {
  readonly items: ReadonlyArray<A>
  readonly leftOut: number
}

/** The last page holds nothing; one of which nothing could be read may have others behind it. */
const isEmpty = ({ items, leftOut }: Page<unknown>): boolean => items.length + leftOut === 0

const pageOf =
  <A>(item: Schema.Codec<A, unknown>): Answer<Page<A>> =>
  (text) => {
    const reading = listOf(item)(text)
    return reading._tag === "Read" ? { ...reading, value: { items: reading.value, leftOut: reading.leftOut } } : reading
  }

/** Until an empty page: a short one may only mean that the server caps pages lower. */
export const pagesOf =
  (get: Get) =>
  <A>(call: Omit<Call, "method">, item: Schema.Codec<A, unknown>) =>
    Stream.paginate(1, (page) =>
      Effect.map(get({ ...call, query: { ...call.query, page, limit: PAGE } }, pageOf(item)), (one) => [
        [one],
        isEmpty(one) || page >= MAX_PAGES ? Option.none() : Option.some(page + 1)
      ])
    ).pipe(
      Stream.runCollect,
      Effect.map((all) => ({
        items: all.flatMap(({ items }) => items),
        isWhole: all.every((one) => one.leftOut === 0)
      }))
    )
