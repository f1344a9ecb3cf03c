import { Cache, Duration, Effect, Exit, Predicate, Semaphore, Stream, String as Text } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient, SqlError, Statement } from "effect/sql"
import type { SqlConnection } from "effect/sql"
import { DatabaseSync } from "node:sqlite"
import type { SQLInputValue, StatementSync } from "node:sqlite"

const STATEMENTS_KEPT = 200

/** `synchronous = FULL`: an acknowledged delivery must survive a power cut, not only a crash of the process. */
const PRAGMAS = [
  "PRAGMA busy_timeout = 1000",
  "PRAGMA journal_mode = WAL",
  "PRAGMA synchronous = FULL",
  "PRAGMA foreign_keys = ON"
]

/** A fault of `node:sqlite` as Effect classifies it. */
export const toSqlError = (operation: string) => (cause: unknown) => {
  // node:sqlite says `errcode` where the classifier looks for `errno`.
  const errno = Predicate.hasProperty(cause, "errcode") ? cause.errcode : undefined
  const error = Predicate.isObject(cause) ? Object.assign(cause, { errno }) : cause
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

const connect = Effect.fnUntraced(function* (db: DatabaseSync) {
  const prepare = (sql: string) => Effect.try({ try: () => db.prepare(sql), catch: toSqlError("prepare") })
  // A statement that could not be prepared, because of a disk in trouble, is tried anew each time.
  const prepared = yield* Cache.makeWith(prepare, {
    capacity: STATEMENTS_KEPT,
    timeToLive: (exit) => (Exit.isSuccess(exit) ? Duration.infinity : Duration.zero)
  })
  const run = (
    statement: Effect.Effect<StatementSync, SqlError.SqlError>,
    params: ReadonlyArray<unknown>,
    arrays: boolean
  ) =>
    Effect.flatMap(statement, (ready) =>
      Effect.try({
        try: () => {
          ready.setReturnArrays(arrays)
          return ready.all(...(params as ReadonlyArray<SQLInputValue>)) as ReadonlyArray<any>
        },
        catch: toSqlError("execute")
      })
    )
  const connection: SqlConnection.Connection = {
    execute: (sql, params, transform) =>
      Effect.map(run(Cache.get(prepared, sql), params, false), (rows) => transform?.(rows) ?? rows),
    executeRaw: (sql, params) => run(Cache.get(prepared, sql), params, false),
    executeValues: (sql, params) => run(Cache.get(prepared, sql), params, true),
    executeValuesUnprepared: (sql, params) => run(prepare(sql), params, true),
    executeUnprepared: (sql, params, transform) =>
      Effect.map(run(prepare(sql), params, false), (rows) => transform?.(rows) ?? rows),
    executeStream: () => Stream.die("rows are read whole, because node:sqlite is synchronous")
  }
  return connection
})

/**
 * An Effect `SqlClient` over `node:sqlite`, in the place of `@effect/sql-sqlite-node`, which has no release for Effect 4.1.
 * `file` may be `:memory:`. Fails with `SqlError` when the file cannot be opened or is not a database. Column names are snake_case in SQL and camelCase in rows. Statements block the event loop, so they are kept short.
 */
export const make = Effect.fnUntraced(function* (filename: string) {
  const db = yield* open(filename)
  const connection = yield* connect(db)
  return yield* SqlClient.make({
    ...SqlClient.makeSqliteAcquirers({
      connection: Effect.succeed(connection),
      semaphore: yield* Semaphore.make(1),
      isTransaction: () => db.isTransaction
    }),
    compiler: Statement.makeCompilerSqlite(Text.camelToSnake),
    transformRows: Statement.defaultTransforms(Text.snakeToCamel).array,
    beginTransaction: "BEGIN IMMEDIATE",
    driver: "node:sqlite",
    spanAttributes: []
  }).pipe(Effect.provide(Reactivity.layer))
})
