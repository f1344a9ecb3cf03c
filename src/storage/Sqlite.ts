import { Context, Effect, Predicate, Semaphore, Stream, String as Text } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient, SqlError, Statement } from "effect/sql"
import type { SqlConnection } from "effect/sql"
import { DatabaseSync } from "node:sqlite"
import type { SQLInputValue, StatementSync } from "node:sqlite"

const STATEMENTS_KEPT = 200

/**
 * `synchronous = FULL`: what is committed must survive a power cut, not only a crash of the process. What is committed with
 * `SyncedLater` is the exception: `WalSync` syncs it before anybody is told. With the 2 MB and 1,000 pages that SQLite has otherwise, a
 * delivery that is committed alone takes a quarter longer; with 4,000 pages a checkpoint takes so long that the slowest hundredth of 32
 * senders waits a tenth longer (measured, Node 24.21).
 */
const PRAGMAS = [
  "PRAGMA busy_timeout = 1000",
  "PRAGMA journal_mode = WAL",
  "PRAGMA synchronous = FULL",
  "PRAGMA foreign_keys = ON",
  "PRAGMA cache_size = -16000",
  "PRAGMA wal_autocheckpoint = 2000"
]

/** True: the commit is not synced, and the caller waits for `WalSync`. */
export const SyncedLater = Context.Reference<boolean>("mosaic-coordinator/storage/Sqlite/SyncedLater", {
  defaultValue: () => false
})

/** A fault of `node:sqlite` as Effect classifies it. */
export const toSqlError = (operation: string) => (cause: unknown) => {
  // node:sqlite says `errcode` where the classifier looks for `errno`.
  const error = Predicate.hasProperty(cause, "errcode") ? Object.assign(cause, { errno: cause.errcode }) : cause
  return new SqlError.SqlError({ reason: SqlError.classifySqliteError(error, { message: String(cause), operation }) })
}

const open = (filename: string) =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const db = new DatabaseSync(filename)
        PRAGMAS.forEach((pragma) => db.exec(pragma))
        return db
      },
      catch: toSqlError("open")
    }),
    (db) => Effect.sync(() => db.close())
  )

/** Statements by their text. One that cannot be prepared, because of a disk in trouble, is tried anew each time. */
const preparing = (db: DatabaseSync) => {
  const kept = new Map<string, StatementSync>()
  return (sql: string): StatementSync => {
    const known = kept.get(sql)
    if (known !== undefined) return known
    const statement = db.prepare(sql)
    if (kept.size === STATEMENTS_KEPT) kept.clear()
    kept.set(sql, statement)
    return statement
  }
}

/** Called before each statement: SQLite changes this only between transactions. A store without a write-ahead log is left as it is. */
const switchingSync = (db: DatabaseSync) => {
  const hasWal = db.prepare("PRAGMA journal_mode").get()?.["journal_mode"] === "wal"
  let isLater = false
  return (later: boolean) => {
    if (!hasWal || later === isLater || db.isTransaction) return
    db.exec(`PRAGMA synchronous = ${later ? "NORMAL" : "FULL"}`)
    isLater = later
  }
}

const connect = (db: DatabaseSync): SqlConnection.Connection => {
  const prepared = preparing(db)
  const syncLater = switchingSync(db)
  const run = (prepare: (sql: string) => StatementSync, sql: string, params: ReadonlyArray<unknown>, arrays: boolean) =>
    Effect.flatMap(SyncedLater, (later) =>
      Effect.try({
        try: () => {
          syncLater(later)
          const statement = prepare(sql)
          statement.setReturnArrays(arrays)
          return statement.all(...(params as ReadonlyArray<SQLInputValue>)) as ReadonlyArray<any>
        },
        catch: toSqlError("execute")
      })
    )
  const unprepared = (sql: string) => db.prepare(sql)
  return {
    execute: (sql, params, transform) =>
      Effect.map(run(prepared, sql, params, false), (rows) => transform?.(rows) ?? rows),
    executeRaw: (sql, params) => run(prepared, sql, params, false),
    executeValues: (sql, params) => run(prepared, sql, params, true),
    executeValuesUnprepared: (sql, params) => run(unprepared, sql, params, true),
    executeUnprepared: (sql, params, transform) =>
      Effect.map(run(unprepared, sql, params, false), (rows) => transform?.(rows) ?? rows),
    executeStream: () => Stream.die("rows are read whole, because node:sqlite is synchronous")
  }
}

/** Names of columns are few, and each row asks for all of its own. */
const remembering = (rename: (name: string) => string) => {
  const known = new Map<string, string>()
  return (name: string): string => {
    const renamed = known.get(name) ?? rename(name)
    known.set(name, renamed)
    return renamed
  }
}

/**
 * An Effect `SqlClient` over `node:sqlite`, in the place of `@effect/sql-sqlite-node`, which has no release for Effect 4.1.
 * `file` may be `:memory:`. Fails with `SqlError` when the file cannot be opened or is not a database. Column names are snake_case in SQL and camelCase in rows. Statements block the event loop, so they are kept short.
 */
export const make = Effect.fnUntraced(function* (filename: string) {
  const db = yield* open(filename)
  return yield* SqlClient.make({
    ...SqlClient.makeSqliteAcquirers({
      connection: Effect.succeed(connect(db)),
      semaphore: yield* Semaphore.make(1),
      isTransaction: () => db.isTransaction
    }),
    compiler: Statement.makeCompilerSqlite(remembering(Text.camelToSnake)),
    transformRows: Statement.defaultTransforms(remembering(Text.snakeToCamel), false).array,
    beginTransaction: "BEGIN IMMEDIATE",
    driver: "node:sqlite",
    spanAttributes: []
  }).pipe(Effect.provide(Reactivity.layer))
})
