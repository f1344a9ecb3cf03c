import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { SqlError } from "effect/sql"
import * as Sqlite from "../../src/storage/Sqlite.ts"

const inMemory = Effect.tap(
  Sqlite.make(":memory:"),
  (sql) => sql`create table books (id integer primary key, short_title text not null unique)`
)
const add = (sql: Effect.Success<typeof inMemory>, title: string) =>
  sql`insert into books (short_title) values (${title})`
const titles = (sql: Effect.Success<typeof inMemory>) =>
  Effect.map(sql<{ shortTitle: string }>`select short_title from books order by id`, (rows) =>
    rows.map(({ shortTitle }) => shortTitle)
  )

describe("Sqlite", () => {
  it.effect("names columns in snake_case and gives rows in camelCase", () =>
    Effect.gen(function* () {
      const sql = yield* inMemory
      yield* add(sql, "Emma")
      assert.deepStrictEqual(
        (yield* sql`select id, short_title from books`).map((row) => ({ ...row })),
        [{ id: 1, shortTitle: "Emma" }]
      )
      assert.deepStrictEqual(yield* sql`select id, short_title from books`.values, [[1, "Emma"]])
    })
  )

  it.effect("names the columns of a row that is inserted in snake_case", () =>
    Effect.gen(function* () {
      const sql = yield* inMemory
      yield* sql`insert into books ${sql.insert({ shortTitle: "Emma" })}`
      assert.deepStrictEqual(yield* titles(sql), ["Emma"])
    })
  )

  it.effect("undoes a transaction that fails", () =>
    Effect.gen(function* () {
      const sql = yield* inMemory
      const error = yield* Effect.flip(sql.withTransaction(Effect.andThen(add(sql, "Emma"), Effect.fail("no"))))
      assert.strictEqual(error, "no")
      assert.deepStrictEqual(yield* titles(sql), [])
    })
  )

  it.effect("undoes a transaction that is interrupted", () =>
    Effect.gen(function* () {
      const sql = yield* inMemory
      yield* Effect.exit(sql.withTransaction(Effect.andThen(add(sql, "Emma"), Effect.interrupt)))
      assert.deepStrictEqual(yield* titles(sql), [])
      yield* sql.withTransaction(add(sql, "Persuasion"))
      assert.deepStrictEqual(yield* titles(sql), ["Persuasion"])
    })
  )

  it.effect("undoes an inner transaction alone when its failure is handled", () =>
    Effect.gen(function* () {
      const sql = yield* inMemory
      const inner = sql.withTransaction(Effect.andThen(add(sql, "Inner"), Effect.fail("no")))
      yield* sql.withTransaction(
        add(sql, "Before").pipe(Effect.andThen(Effect.ignore(inner)), Effect.andThen(add(sql, "After")))
      )
      assert.deepStrictEqual(yield* titles(sql), ["Before", "After"])
    })
  )

  it.effect("runs transactions of several fibers one at a time", () =>
    Effect.gen(function* () {
      const sql = yield* inMemory
      const append = sql.withTransaction(
        titles(sql).pipe(
          Effect.tap(Effect.yieldNow),
          Effect.flatMap((all) => add(sql, `${all.length}`))
        )
      )
      yield* Effect.all(
        Array.from({ length: 10 }, () => append),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(new Set(yield* titles(sql)).size, 10)
    })
  )

  it.effect("tells a unique violation from other errors", () =>
    Effect.gen(function* () {
      const sql = yield* inMemory
      yield* add(sql, "Emma")
      const twice = yield* Effect.flip(add(sql, "Emma"))
      const unknown = yield* Effect.flip(sql`select 1 from films`)
      assert.strictEqual(twice.reason._tag, "UniqueViolation")
      assert.notStrictEqual(unknown.reason._tag, "UniqueViolation")
      assert.include(unknown.message, "films")
    })
  )

  it.effect("prepares a statement anew after it could not be prepared", () =>
    Effect.gen(function* () {
      const sql = yield* inMemory
      const select = sql`select 1 as one from films`
      yield* Effect.flip(select)
      yield* sql`create table films (id integer)`
      assert.deepStrictEqual(yield* select, [])
    })
  )

  it.effect.each(["a folder", "a text"])("refuses %s in the place of the file", (what) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const file = `${folder}/store.db`
      yield* what === "a folder" ? fs.makeDirectory(file) : fs.writeFileString(file, "not a database ".repeat(100))
      const error = yield* Effect.flip(Sqlite.make(file))
      assert.isTrue(SqlError.isSqlError(error))
    }).pipe(Effect.provide(NodeServices.layer))
  )
})
