import { Effect, String as Text } from "effect"
import type { SqlClient } from "effect/sql"
import type { TableName, Tables } from "./Tables.ts"

type Value = string | number | null

/** What rows have in these columns: a value, or one of several. */
export type Where<T extends TableName> = {
  readonly [C in keyof Tables[T]]?: Tables[T][C] | ReadonlyArray<Tables[T][C]>
}

/** A store that is looked at from beside the coordinator. What it refuses is a defect. */
export interface StoreView {
  /** These columns of all rows that are so, in the order they were written. */
  read<T extends TableName, C extends keyof Tables[T] & string>(
    table: T,
    columns: ReadonlyArray<C>,
    where?: Where<T>
  ): Effect.Effect<ReadonlyArray<Pick<Tables[T], C>>>
  /** One column of the same rows. */
  column<T extends TableName, C extends keyof Tables[T] & string>(
    table: T,
    name: C,
    where?: Where<T>
  ): Effect.Effect<ReadonlyArray<Tables[T][C]>>
  /** All rows with every column. */
  dump(table: TableName): Effect.Effect<ReadonlyArray<object>>
  /** How many rows are so. */
  count<T extends TableName>(table: T, where?: Where<T>): Effect.Effect<number>
  insert<T extends TableName>(table: T, row: Partial<Tables[T]>): Effect.Effect<void>
  remove<T extends TableName>(table: T, where?: Where<T>): Effect.Effect<void>
  /** Gives the rows that are so other values, as nobody in the coordinator would. */
  alter<T extends TableName>(table: T, values: Partial<Tables[T]>, where?: Where<T>): Effect.Effect<void>
}

/** Carries out one statement. Its columns are named as rows have them in TypeScript. */
type Run = (text: string, values: ReadonlyArray<Value>) => Effect.Effect<ReadonlyArray<unknown>>

const quoted = (name: string) => `"${Text.camelToSnake(name)}"`

const fields = (row: object) => Object.entries(row) as ReadonlyArray<readonly [string, Value | ReadonlyArray<Value>]>

const valuesOf = (row: object) => fields(row).flatMap(([, value]) => value)

const conditionOf = (where: object) => ({
  text: [
    "true",
    ...fields(where).map(([name, value]) =>
      Array.isArray(value) ? `${quoted(name)} in (${value.map(() => "?").join(", ")})` : `${quoted(name)} is ?`
    )
  ].join(" and "),
  values: valuesOf(where)
})

export const storeView = (run: Run): StoreView => {
  const read: StoreView["read"] = <T extends TableName, C extends keyof Tables[T] & string>(
    table: T,
    columns: ReadonlyArray<C>,
    where: Where<T> = {}
  ) => {
    const { text, values } = conditionOf(where)
    const names = columns.map((name) => `${quoted(name)} as "${name}"`).join(", ")
    return Effect.map(
      run(`select ${names} from ${quoted(table)} where ${text} order by rowid`, values),
      (rows) => rows as ReadonlyArray<Pick<Tables[T], C>>
    )
  }
  return {
    read,
    column: (table, name, where) => Effect.map(read(table, [name], where), (rows) => rows.map((row) => row[name])),
    dump: (table) =>
      Effect.map(run(`select * from ${quoted(table)} order by rowid`, []), (rows) => rows as ReadonlyArray<object>),
    count: (table, where = {}) => {
      const { text, values } = conditionOf(where)
      return Effect.map(run(`select 1 from ${quoted(table)} where ${text}`, values), ({ length }) => length)
    },
    insert: (table, row) => {
      const names = fields(row).map(([name]) => quoted(name))
      const places = names.map(() => "?").join(", ")
      return Effect.asVoid(run(`insert into ${quoted(table)} (${names.join(", ")}) values (${places})`, valuesOf(row)))
    },
    remove: (table, where = {}) => {
      const { text, values } = conditionOf(where)
      return Effect.asVoid(run(`delete from ${quoted(table)} where ${text}`, values))
    },
    alter: (table, values, where = {}) => {
      const condition = conditionOf(where)
      const changes = fields(values).map(([name]) => `${quoted(name)} = ?`)
      return Effect.asVoid(
        run(`update ${quoted(table)} set ${changes.join(", ")} where ${condition.text}`, [
          ...valuesOf(values),
          ...condition.values
        ])
      )
    }
  }
}

/** The store of this client. */
export const viewOf = (sql: SqlClient.SqlClient): StoreView =>
  storeView((text, values) => Effect.orDie(sql.unsafe<object>(text, values)))
