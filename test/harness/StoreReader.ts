import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Fragment } from "effect/sql/Statement"
import type { TableName, Tables } from "./Tables.ts"

/** The rows that have these values. */
export const having = (sql: SqlClient.SqlClient, values: Readonly<Record<string, unknown>>): Fragment =>
  sql.and(Object.entries(values).map(([column, value]) => sql`${sql(column)} is ${value}`))

/** These columns of all rows that have the values of `where`, in the order they were written. */
export const read = <T extends TableName, C extends keyof Tables[T] & string>(
  table: T,
  columns: ReadonlyArray<C>,
  where: Partial<Tables[T]> = {}
) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.orDie(
      sql<Pick<Tables[T], C>>`select ${sql.csv(columns.map((column) => sql`${sql(column)}`))} from ${sql(table)}
        where ${having(sql, where)} order by rowid`
    )
  )

/** One column of the same rows. */
export const column = <T extends TableName, C extends keyof Tables[T] & string>(
  table: T,
  name: C,
  where: Partial<Tables[T]> = {}
): Effect.Effect<ReadonlyArray<Tables[T][C]>, never, SqlClient.SqlClient> =>
  Effect.map(read(table, [name], where), (rows) => rows.map((row) => row[name]))

/** How many rows have the values. */
export const count = <T extends TableName>(table: T, where: Partial<Tables[T]> = {}) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      Effect.orDie(sql<{ count: number }>`select count(*) as count from ${sql(table)} where ${having(sql, where)}`),
      ([row]) => row?.count ?? 0
    )
  )
