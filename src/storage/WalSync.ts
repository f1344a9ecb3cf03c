import { Context, Effect, Semaphore } from "effect"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql"
import { closeSync, fdatasync, fdatasyncSync, openSync } from "node:fs"
import { toSqlError } from "./Sqlite.ts"

type Sync = Effect.Effect<void, SqlError.SqlError>

/** Milliseconds. A slower disk is synced in a thread beside; for a quick one that would cost more than the sync itself. */
const QUICK = 1
/** After so many syncs of a slow disk one is waited for on the spot, to see whether it still is. */
const LOOK_AGAIN = 64

/** SQLite locks the store and its `-shm`, and not this file: closing it drops no lock. It stays the same while the store is open. */
const open = (file: string) =>
  Effect.acquireRelease(Effect.try({ try: () => openSync(file, "r+"), catch: toSqlError("open") }), (fd) =>
    Effect.sync(() => closeSync(fd))
  )

const onTheSpot = (fd: number): Sync => Effect.try({ try: () => fdatasyncSync(fd), catch: toSqlError("sync") })

const beside = (fd: number): Sync =>
  Effect.callback((resume) =>
    fdatasync(fd, (error) => resume(error === null ? Effect.void : Effect.fail(toSqlError("sync")(error))))
  )

/** Waits on the spot while the disk is quick. */
export const choosing = (onTheSpot: Sync, beside: Sync): Sync => {
  let isQuick = true
  let slow = 0
  const measured = Effect.suspend(() => {
    const began = performance.now()
    return Effect.map(onTheSpot, () => {
      isQuick = performance.now() - began < QUICK
      slow = 0
    })
  })
  return Effect.suspend(() => (isQuick || ++slow > LOOK_AGAIN ? measured : beside))
}

/** Fails while another process reads the log, as a backup does. */
const checkpoint = (sql: SqlClient.SqlClient): Sync =>
  Effect.flatMap(sql<{ busy: number }>`pragma wal_checkpoint(truncate)`, ([row]) =>
    row?.busy === 0 ? Effect.void : Effect.fail(toSqlError("checkpoint")(new Error("the log is in use")))
  )

/**
 * After a sync that failed the log may lack a piece, and a power cut would take all that was committed behind it, whatever is synced
 * later. A checkpoint writes all of it to the store itself: at once, and in the place of each sync until it succeeds.
 */
export const healing = <E>(sync: Effect.Effect<void, E>, checkpoint: Effect.Effect<void, E>) => {
  let isBroken = false
  const heal = Effect.suspend(() => {
    isBroken = true
    return Effect.map(checkpoint, () => {
      isBroken = false
    })
  })
  return Effect.suspend(() => (isBroken ? heal : Effect.catch(sync, () => heal)))
}

/** Those who come while a sync is under way share the next one. */
export const shared = <E>(sync: Effect.Effect<void, E>) => {
  let asked = 0
  let synced = 0
  const turn = Semaphore.makeUnsafe(1)
  const syncAll = Effect.suspend(() => {
    const all = asked
    return Effect.map(sync, () => {
      synced = all
    })
  })
  return Effect.suspend(() => {
    const mine = ++asked
    return turn.withPermit(Effect.suspend(() => (synced < mine ? syncAll : Effect.void)))
  })
}

/** Syncs what was committed with `SyncedLater`: one sync for many commits, in a thread beside when the disk is slow. */
export class WalSync extends Context.Service<
  WalSync,
  {
    /** Done once all that was committed before is on the disk. If it fails, those commits may be lost in a power cut. */
    readonly done: Sync
  }
>()("mosaic-coordinator/storage/WalSync") {
  /** Of a store that is open. One without a write-ahead log syncs each commit itself. */
  static readonly make = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [mode] = yield* sql<{ journalMode: string }>`pragma journal_mode`
    // The name as SQLite has it: behind a link the log lies beside the file itself.
    const [main] = yield* sql<{ file: string }>`select file from pragma_database_list where name = 'main'`
    if (mode?.journalMode !== "wal" || main === undefined) return { done: Effect.void }
    const fd = yield* open(`${main.file}-wal`)
    return { done: shared(healing(choosing(onTheSpot(fd), beside(fd)), checkpoint(sql))) }
  })
}
