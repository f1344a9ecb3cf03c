import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { TableName, Tables } from "./Tables.ts"

/** Notes each change of the column from now on; gives the values it was given, in order. */
export const changesOf = Effect.fnUntraced(function* <T extends TableName, C extends keyof Tables[T] & string>(
  table: T,
  name: C
) {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.orDie(sql`create table seen (value)`)
  yield* Effect.orDie(
    sql`create trigger sees after update of ${sql(name)} on ${sql(table)} begin insert into seen values (new.${sql(name)}); end`
  )
  const values = sql<{ value: Tables[T][C] }>`select value from seen order by rowid`
  return { seen: Effect.map(Effect.orDie(values), (rows) => rows.map(({ value }) => value)) }
})
