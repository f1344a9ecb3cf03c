import { NodeCrypto, NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, FileSystem, Layer, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { Outbox } from "../../src/outbox/Outbox.ts"
import { StoreHolder } from "../../src/storage/StoreHolder.ts"
import { migrate } from "../../src/storage/Migrations.ts"
import { hold } from "../../src/storage/ProcessLock.ts"
import * as Sqlite from "../../src/storage/Sqlite.ts"
import * as Store from "../../src/storage/Store.ts"
import { settings } from "../harness/TestSettings.ts"

const storeAt = (database: string) =>
  Store.layer.pipe(Layer.provide([settings({ database }), NodeCrypto.layer, NodeServices.layer]))

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
const onDisk = Effect.provide(NodeServices.layer)

const tables = (sql: SqlClient.SqlClient) =>
  Effect.map(sql<{ name: string }>`select name from sqlite_master where type = 'table'`, (rows) =>
    rows.map(({ name }) => name)
  )

describe("Store", () => {
  it.effect("makes its folders and its schema, and finds its rows again", () =>
    Effect.gen(function* () {
      const file = `${yield* folder}/deep/down/store.db`
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        assert.includeMembers(yield* tables(sql), ["deliveries", "tasks", "sessions", "journal", "samples", "outbox"])
        yield* sql`insert into deliveries (delivery_id, body_hash, event, status, received_at) values ('a', 'h', 'e', 's', 1)`
      }).pipe(Effect.provide(storeAt(file)))
      const kept = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`select delivery_id from deliveries`)
      assert.strictEqual((yield* Effect.provide(kept, storeAt(file))).length, 1)
    }).pipe(onDisk)
  )

  it.effect("writes ahead and syncs each commit to the disk", () =>
    Effect.gen(function* () {
      const pragmas = Effect.flatMap(SqlClient.SqlClient, (sql) =>
        Effect.all([sql`pragma journal_mode`, sql`pragma synchronous`, sql`pragma foreign_keys`])
      )
      const found = yield* Effect.provide(pragmas, storeAt(`${yield* folder}/store.db`))
      assert.deepStrictEqual(
        found.flatMap((rows) => rows.flatMap((row) => Object.values(row))),
        ["wal", 2, 1]
      )
    }).pipe(onDisk)
  )

  it.effect("makes its files for their owner alone, and its folders", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const above = `${yield* folder}/deep`
      const file = `${above}/down/store.db`
      const modeOf = (path: string) => Effect.map(fs.stat(path), ({ mode }) => mode & 0o777)
      yield* Effect.gen(function* () {
        yield* (yield* SqlClient.SqlClient)`insert into deliveries (delivery_id, body_hash, event, status, received_at)
          values ('a', 'h', 'e', 's', 1)`
        const files = (yield* fs.readDirectory(`${above}/down`)).toSorted()
        assert.deepStrictEqual(files, [
          "store.db",
          "store.db-shm",
          "store.db-wal",
          "store.db.lock",
          "store.db.lock-journal"
        ])
        for (const name of files) assert.strictEqual(yield* modeOf(`${above}/down/${name}`), 0o600, name)
        assert.deepStrictEqual([yield* modeOf(above), yield* modeOf(`${above}/down`)], [0o700, 0o700])
      }).pipe(Effect.provide(storeAt(file)))
    }).pipe(onDisk)
  )

  it.effect("refuses a file that is no database, and says what to do", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* folder}/store.db`
      yield* fs.writeFileString(file, "torn ".repeat(1_000))
      const error = yield* Effect.flip(Layer.build(storeAt(file)))
      assert.strictEqual(error._tag, "StoreUnusable")
      assert.include(error.message, `The store ${file} cannot be used`)
      assert.include(error.message, "put a backup in its place")
    }).pipe(onDisk)
  )

  it.effect("refuses a folder that it cannot make", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* folder}/file`
      yield* fs.writeFileString(file, "")
      assert.strictEqual((yield* Effect.flip(Layer.build(storeAt(`${file}/store.db`))))._tag, "StoreUnusable")
    }).pipe(onDisk)
  )

  it.effect("refuses the schema of a newer release with both versions, and leaves it as it was", () =>
    Effect.gen(function* () {
      const file = `${yield* folder}/store.db`
      const newer = Effect.flatMap(SqlClient.SqlClient, (sql) =>
        Effect.andThen(sql<{ known: number }>`select max(migration_id) as known from effect_sql_migrations`, (rows) =>
          Effect.as(sql`insert into effect_sql_migrations (migration_id, name) values (999, 'later')`, rows[0]?.known)
        )
      )
      const known = yield* Effect.provide(newer, storeAt(file))
      const error = yield* Effect.flip(Layer.build(storeAt(file)))
      assert.strictEqual(error._tag, "StoreTooNew")
      assert.include(error.message, `schema version 999, this release knows version ${known}`)
    }).pipe(onDisk)
  )
})

describe("ProcessLock", () => {
  it.effect("is taken over from a predecessor that stops within ten seconds", () =>
    Effect.gen(function* () {
      const file = `${yield* folder}/store.db`
      const predecessor = yield* Scope.make()
      yield* Scope.provide(hold(file), predecessor)
      const successor = yield* Effect.forkChild(hold(file))
      yield* TestClock.adjust("9 seconds")
      assert.isUndefined(successor.pollUnsafe())
      yield* Scope.close(predecessor, Exit.void)
      yield* TestClock.adjust("100 millis")
      yield* Fiber.join(successor)
    }).pipe(onDisk)
  )

  it.effect("is refused to a second process after ten seconds, and told who holds it", () =>
    Effect.gen(function* () {
      const file = `${yield* folder}/store.db`
      yield* hold(file)
      const second = yield* Effect.forkChild(Effect.flip(hold(file)))
      yield* TestClock.adjust("11 seconds")
      const error = yield* Fiber.join(second)
      assert.include(error.message, `Another coordinator holds ${file}.lock`)
    }).pipe(onDisk)
  )

  it.effect("is not needed for a store in memory", () => Effect.asVoid(hold(":memory:")))
})

describe("Migrations", () => {
  it.effect("change nothing the second time", () =>
    Effect.gen(function* () {
      const sql = yield* Sqlite.make(":memory:")
      yield* migrate(sql)
      const schema = sql`select sql from sqlite_master order by name`
      const before = yield* schema
      yield* migrate(sql)
      assert.deepStrictEqual(yield* schema, before)
    })
  )
})

describe("StoreHolder", () => {
  it.effect("is the newest process: the one before it may write nothing to the outside", () =>
    Effect.gen(function* () {
      const file = `${yield* folder}/store.db`
      const outboxes = Outbox.layer.pipe(Layer.provideMerge(StoreHolder.layer), Layer.fresh)
      yield* Effect.gen(function* () {
        const outbox = yield* Outbox
        const sql = yield* SqlClient.SqlClient
        yield* sql`insert into tasks (id, repository_id, number, full_name, title, state, priority, cause, ready_at, created_at, updated_at)
          values ('1/1', 1, 1, 'a/b', '', 'ready', 2, '', 0, 0, 0)`
        yield* sql`insert into outbox (key, task_id, needs_mandate, body, created_at) values ('k', '1/1', 0, '', 0)`
        const [row] = yield* outbox.pending
        if (row === undefined) return assert.fail("nothing is pending")
        assert.isTrue(yield* outbox.attempt(row))
        const newer = yield* Effect.provide(Outbox, outboxes)
        assert.isFalse(yield* outbox.attempt(row))
        assert.isTrue(yield* newer.attempt(row))
        assert.deepStrictEqual(
          (yield* outbox.pending).map(({ tries }) => tries),
          [2]
        )
      }).pipe(
        Effect.provide(Outbox.layer.pipe(Layer.provideMerge(storeAt(file)), Layer.provideMerge(NodeCrypto.layer)))
      )
    }).pipe(onDisk)
  )
})
