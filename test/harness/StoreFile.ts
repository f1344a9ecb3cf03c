import { Effect } from "effect"
import { DatabaseSync } from "node:sqlite"
import { storeView } from "./StoreView.ts"
import type { StoreView } from "./StoreView.ts"

/** The coordinator's store file, from a process beside it: it stays readable while it is held, and is written as by one that took it over. */
export interface StoreFile extends StoreView {
  readonly path: string
}

const BUSY_TIMEOUT = 2_000

const using = <A>(path: string, readOnly: boolean, use: (db: DatabaseSync) => A) =>
  Effect.acquireUseRelease(
    Effect.sync(() => new DatabaseSync(path, { readOnly, timeout: BUSY_TIMEOUT })),
    (db) => Effect.sync(() => use(db)),
    (db) => Effect.sync(() => db.close())
  )

export const storeFile = (path: string): StoreFile => ({
  path,
  ...storeView((text, values) =>
    using(path, text.startsWith("select"), (db) => db.prepare(text).all(...values) as ReadonlyArray<unknown>)
  )
})
