import { Number, Option } from "effect"

const MAX_LIMIT = 50

/** The slice of `values` that `page` (from 1) and `limit` ask for; what is missing or senseless takes its default. */
export const pageOf = <A>(
  values: ReadonlyArray<A>,
  query: { readonly page?: string; readonly limit?: string },
  defaultLimit: number
): ReadonlyArray<A> => {
  const limit = Math.min(positive(query.limit, defaultLimit), MAX_LIMIT)
  const start = (positive(query.page, 1) - 1) * limit
  return values.slice(start, start + limit)
}

const positive = (text: string | undefined, otherwise: number): number =>
  Option.fromUndefinedOr(text).pipe(
    Option.flatMap(Number.parse),
    Option.filter((value) => value >= 1),
    Option.match({ onNone: () => otherwise, onSome: Math.floor })
  )
