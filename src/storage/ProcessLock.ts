import { Duration, Effect, Predicate, Schedule, Schema } from "effect"
import { DatabaseSync } from "node:sqlite"
import { besideStore } from "./PrivateFile.ts"
import { toSqlError } from "./Sqlite.ts"

/** How long a second start waits for a predecessor that is stopping. */
const PATIENCE = Duration.seconds(10)
const RETRY = Schedule.spaced("100 millis").pipe(Schedule.upTo({ duration: PATIENCE }))

/** Another process works on this store. */
export class StoreInUse extends Schema.TaggedError<StoreInUse>()("StoreInUse", { lock: Schema.String }) {
  override get message() {
    return `Another coordinator holds ${this.lock}: stop it first, or give this one a DATABASE_URL of its own`
  }
}

const SQLITE_BUSY = 5

const isBusy = (cause: unknown): boolean => Predicate.hasProperty(cause, "errcode") && cause.errcode === SQLITE_BUSY

const take = (lock: string) =>
  Effect.try({
    try: () => {
      const db = new DatabaseSync(lock, { timeout: 0 })
      try {
        db.exec("BEGIN EXCLUSIVE")
        return db
      } catch (cause) {
        db.close()
        throw cause
      }
    },
    catch: (cause) => (isBusy(cause) ? new StoreInUse({ lock }) : toSqlError("lock")(cause))
  })

/** The file that is locked for a store; null: a store in memory needs none. Setting its times does not open it. */
export const lockOf = (file: string): string | null => besideStore(file, "lock")

/**
 * One process per store, by an exclusive transaction on `<file>.lock`: refused at once, freed by the kernel when the holder
 * dies, and the store itself stays readable. Nothing else in this process may open the lock file, closing it would drop the lock.
 */
export const hold = (file: string) => {
  const lock = lockOf(file)
  return lock === null
    ? Effect.void
    : Effect.acquireRelease(
        Effect.retry(take(lock), { schedule: RETRY, while: ({ _tag }) => _tag === "StoreInUse" }),
        (db) => Effect.sync(() => db.close())
      )
}
