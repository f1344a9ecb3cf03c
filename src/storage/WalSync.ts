import { Context, Effect, Layer, Semaphore } from "effect"
import type { SqlError } from "effect/sql"
import { closeSync, existsSync, fdatasync, fdatasyncSync, openSync } from "node:fs"
import { Settings } from "../Settings.ts"
import { toSqlError } from "./Sqlite.ts"

/** Milliseconds. A disk that takes longer is waited for beside the event loop, which costs a quick one more than the wait itself. */
const QUICK = 1

/** SQLite locks the store and its `-shm`, and not this file: closing it drops no lock. It stays the same while the store is open. */
const open = (wal: string) =>
  Effect.acquireRelease(Effect.try({ try: () => openSync(wal, "r+"), catch: toSqlError("open") }), (wal) =>
    Effect.sync(() => closeSync(wal))
  )

const syncing = (wal: number) => {
  let took = 0
  const wait = Effect.try({ try: () => fdatasyncSync(wal), catch: toSqlError("sync") })
  const waitBeside = Effect.callback<void, SqlError.SqlError>((resume) =>
    fdatasync(wal, (error) => resume(error === null ? Effect.void : Effect.fail(toSqlError("sync")(error))))
  )
  return Effect.suspend(() => {
    const began = performance.now()
    return Effect.map(took > QUICK ? waitBeside : wait, () => {
      took = performance.now() - began
    })
  })
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

/** Brings to the disk what was committed with `SyncedLater`: of many commits by one sync, and beside the event loop if that takes long. */
export class WalSync extends Context.Service<
  WalSync,
  {
    /** Done once all that was committed before is on the disk. When it fails, that may or may not outlast a power cut. */
    readonly done: Effect.Effect<void, SqlError.SqlError>
  }
>()("mosaic-coordinator/storage/WalSync") {
  /** Of a store that is open. One without a write-ahead log syncs each commit itself. */
  static readonly layer = Layer.effect(
    WalSync,
    Effect.gen(function* () {
      const wal = `${(yield* Settings).database}-wal`
      return { done: existsSync(wal) ? shared(syncing(yield* open(wal))) : Effect.void }
    })
  )
}
