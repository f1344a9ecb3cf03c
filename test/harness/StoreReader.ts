import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { viewOf } from "./StoreView.ts"
import type { StoreView, Where } from "./StoreView.ts"
import type { TableName, Tables } from "./Tables.ts"

/** Does something with the store of the test. */
export const onStore = <A>(use: (store: StoreView) => Effect.Effect<A>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => use(viewOf(sql)))

/** These columns of all rows that are so, in the order they were written. */
export const read = <T extends TableName, C extends keyof Tables[T] & string>(
  table: T,
  columns: ReadonlyArray<C>,
  where?: Where<T>
) => onStore((store) => store.read(table, columns, where))

/** One column of the same rows. */
export const column = <T extends TableName, C extends keyof Tables[T] & string>(table: T, name: C, where?: Where<T>) =>
  onStore((store) => store.column(table, name, where))

/** All rows of a table, with every column. */
export const dump = (table: TableName) => onStore((store) => store.dump(table))

/** How many rows are so. */
export const count = <T extends TableName>(table: T, where?: Where<T>) => onStore((store) => store.count(table, where))
