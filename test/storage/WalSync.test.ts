import { NodeCrypto, NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, FileSystem, Layer, Ref } from "effect"
import { SqlClient } from "effect/sql"
import { SyncedLater } from "../../src/storage/Sqlite.ts"
import * as Store from "../../src/storage/Store.ts"
import { choosing, healing, shared, WalSync } from "../../src/storage/WalSync.ts"
import { settings } from "../harness/TestSettings.ts"

const FULL = 2
const NORMAL = 1

const level = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(sql<{ synchronous: number }>`pragma synchronous`, ([row]) => row?.synchronous)
)

const storeAt = (database: string) =>
  Store.layer.pipe(Layer.provide([settings({ database }), NodeCrypto.layer, NodeServices.layer]))

const inStore = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient | WalSync>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return yield* Effect.provide(effect, storeAt(`${yield* fs.makeTempDirectoryScoped()}/store.db`))
  }).pipe(Effect.provide(NodeServices.layer))

describe("SyncedLater", () => {
  it.effect("holds for its own commits alone", () =>
    inStore(
      Effect.gen(function* () {
        const later = Effect.provideService(level, SyncedLater, true)
        assert.deepStrictEqual(yield* Effect.all([level, later, level, later, later, level]), [
          FULL,
          NORMAL,
          FULL,
          NORMAL,
          NORMAL,
          FULL
        ])
      })
    )
  )

  it.effect("holds to the end of its transaction, and for none that follows, also when it fails", () =>
    inStore(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const failing = sql.withTransaction(Effect.andThen(level, Effect.fail("no")))
        assert.strictEqual(yield* Effect.flip(Effect.provideService(failing, SyncedLater, true)), "no")
        assert.strictEqual(yield* sql.withTransaction(level), FULL)
        assert.strictEqual(yield* Effect.provideService(sql.withTransaction(level), SyncedLater, true), NORMAL)
        assert.strictEqual(yield* sql.withTransaction(level), FULL)
      })
    )
  )
})

describe("WalSync", () => {
  it.effect("syncs a store that was just made, and one that is opened again", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* fs.makeTempDirectoryScoped()}/store.db`
      const sync = Effect.gen(function* () {
        assert.isTrue(yield* fs.exists(`${file}-wal`))
        yield* (yield* WalSync).done
      }).pipe(Effect.provide(storeAt(file), { local: true }))
      yield* Effect.andThen(sync, sync)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect("is of the log beside the file itself where the store is named by a link", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      yield* fs.makeDirectory(`${folder}/disk`)
      yield* fs.writeFileString(`${folder}/disk/store.db`, "")
      yield* fs.symlink(`${folder}/disk/store.db`, `${folder}/link.db`)
      const handles = Effect.flatMap(fs.readDirectory("/proc/self/fd"), (all) =>
        Effect.forEach(all, (fd) => Effect.orElseSucceed(fs.readLink(`/proc/self/fd/${fd}`), () => ""))
      )
      yield* Effect.gen(function* () {
        const logs = (yield* handles).filter((file) => file.startsWith(folder) && file.endsWith("-wal"))
        const log = `${yield* fs.realPath(folder)}/disk/store.db-wal`
        assert.deepStrictEqual(logs, [log, log], "SQLite's and ours")
        yield* (yield* WalSync).done
      }).pipe(Effect.provide(storeAt(`${folder}/link.db`)))
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("waits beside the event loop once the disk was slow, and looks from time to time whether it still is", () =>
    Effect.gen(function* () {
      const waits = yield* Ref.make<ReadonlyArray<string>>([])
      const note = (where: string) => Ref.update(waits, (all) => [...all, where])
      const slow = Effect.sync(() => {
        const began = performance.now()
        while (performance.now() - began < 2) continue
      })
      const sync = choosing(Effect.andThen(slow, note("here")), note("beside"))
      yield* Effect.repeat(sync, { times: 66 })
      const expected = ["here", ...Array.from({ length: 64 }, () => "beside"), "here", "beside"]
      assert.deepStrictEqual(yield* Ref.get(waits), expected)
    })
  )

  it.effect("is shared by all that come while another is under way", () =>
    Effect.gen(function* () {
      const begun = yield* Ref.make(0)
      const end = yield* Deferred.make<void>()
      const done = shared(
        Effect.andThen(
          Ref.update(begun, (count) => count + 1),
          Deferred.await(end)
        )
      )
      const first = yield* Effect.forkChild(done, { startImmediately: true })
      const others = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(done, { startImmediately: true }))
      assert.strictEqual(yield* Ref.get(begun), 1)
      yield* Deferred.succeed(end, undefined)
      yield* Fiber.joinAll([first, ...others])
      assert.strictEqual(yield* Ref.get(begun), 2)
    })
  )

  it.effect("is a checkpoint once it failed, until that succeeds", () =>
    Effect.gen(function* () {
      const steps = yield* Ref.make<ReadonlyArray<string>>([
        "sync no",
        "checkpoint no",
        "checkpoint",
        "sync",
        "sync no",
        "checkpoint"
      ])
      const step = (name: string) =>
        Ref.modify(steps, ([next = "none", ...rest]) => [next, rest]).pipe(
          Effect.flatMap((next) => (next === name ? Effect.void : Effect.fail(next)))
        )
      const done = shared(healing(step("sync"), step("checkpoint")))
      assert.strictEqual(yield* Effect.flip(done), "checkpoint no")
      yield* Effect.repeat(done, { times: 2 })
      assert.lengthOf(yield* Ref.get(steps), 0)
    })
  )
})
