import { Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { Settings } from "../Settings.ts"
import { Doorbell } from "./Doorbell.ts"
import { StoreHolder } from "./StoreHolder.ts"
import { migrate } from "./Migrations.ts"
import { makePrivateFolder, writePrivate } from "./PrivateFile.ts"
import { hold, lockOf } from "./ProcessLock.ts"
import * as Sqlite from "./Sqlite.ts"
import { WalSync } from "./WalSync.ts"

/** The store cannot be opened at start. */
export class StoreUnusable extends Schema.TaggedError<StoreUnusable>()("StoreUnusable", {
  file: Schema.String,
  cause: Schema.Defect()
}) {
  override get message() {
    return `The store ${this.file} cannot be used (${String(this.cause)}): check that its folder can be written; if the file is damaged, put a backup in its place`
  }
}

/** Made before they are opened, for their owner alone. What SQLite puts beside a file gets the same rights. */
const makeFiles = Effect.fnUntraced(function* (file: string) {
  const lock = lockOf(file)
  if (lock === null) return
  yield* makePrivateFolder(file)
  yield* writePrivate(lock, "")
  yield* writePrivate(file, "")
})

const unusable = (file: string) => (cause: unknown) => new StoreUnusable({ file, cause })

const open = Effect.fnUntraced(
  function* (file: string) {
    yield* makeFiles(file)
    yield* hold(file)
    const sql = yield* Sqlite.make(file)
    yield* migrate(sql)
    return sql
  },
  (effect, file) =>
    Effect.mapError(effect, (error) =>
      error._tag === "StoreInUse" || error._tag === "StoreTooNew" ? error : unusable(file)(error)
    )
)

const Syncs = Layer.effect(
  WalSync,
  Effect.flatMap(Settings, ({ database }) => Effect.mapError(WalSync.make, unusable(database)))
)

/** The SQLite store behind everything durable: locked, migrated, and held by this process until its scope ends; and its doorbell. */
export const layer = Layer.mergeAll(StoreHolder.layer, Doorbell.layer, Syncs).pipe(
  Layer.provideMerge(
    Layer.effect(
      SqlClient.SqlClient,
      Effect.flatMap(Settings, ({ database }) => open(database))
    )
  )
)
