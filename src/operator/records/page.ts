import type { PageQuery } from "../api/Page.ts"

/** A row with its place in the list. */
export interface Placed {
  readonly position: number
}

/** What a query asks of a table for one page: rows before `before`, one more than are shown, which tells whether there are others. */
export const windowOf = ({ cursor, limit }: PageQuery) => ({
  before: cursor ?? Number.MAX_SAFE_INTEGER,
  count: limit + 1
})

/** The rows of a page, newest first, and where the next one begins. */
export const pageOf = <Row extends Placed>(rows: ReadonlyArray<Row>, { limit }: PageQuery) => {
  const shown = rows.slice(0, limit)
  return { shown, nextCursor: rows.length > limit ? (shown.at(-1)?.position ?? null) : null }
}
