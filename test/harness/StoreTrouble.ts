import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { TableName } from "./Tables.ts"

const run = (...statements: ReadonlyArray<string>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.forEach(statements, (text) => Effect.orDie(sql.unsafe(text)), { discard: true })
  )

/** The store cannot read or write the table until `restore`. */
export const hide = (table: TableName) => run(`alter table ${table} rename to "${table} elsewhere"`)
export const restore = (table: TableName) => run(`alter table "${table} elsewhere" rename to ${table}`)

const refuse = (what: "insert" | "update") => (table: TableName) =>
  run(`create trigger refused before ${what} on ${table} begin select raise(abort, 'disk full'); end`)

/** From now on no row can be added to the table, until `takeRows`. */
export const refuseRows = refuse("insert")
/** From now on no row of the table can be changed, until `takeRows`. */
export const refuseChanges = refuse("update")
/** From now on no row of which `condition` (SQL, of `new`) holds can be added to the table, until `takeRows`. */
export const refuseRow = (table: TableName, condition: string) =>
  run(`create trigger refused before insert on ${table} when ${condition} begin select raise(abort, 'disk full'); end`)
/** From now on no second row can be added to the table in one transaction or after it, until `takeRows`. */
export const refuseSecondRow = (table: TableName) => refuseRow(table, `(select count(*) from ${table}) > 0`)
/** Ends what `refuseRows` or its like began. */
export const takeRows = run("drop trigger refused")

/** What is added to the table fails when it is committed, and not before. */
export const refuseCommits = (table: TableName) =>
  run(
    "create table kept (id integer primary key)",
    "create table promised (id integer references kept (id) deferrable initially deferred)",
    `create trigger broken after insert on ${table} begin insert into promised values (1); end`
  )

/** The store reads and cannot write, as a full disk leaves it, until `writable`. */
export const readOnly = run("pragma query_only = on")
export const writable = run("pragma query_only = off")
