import { Effect } from "effect"
import { DatabaseSync } from "node:sqlite"
import { storeView } from "./StoreView.ts"
import type { StoreView } from "./StoreView.ts"

/** The coordinator's store file, from a process beside it: it stays readable while it is held. */
export interface StoreFile extends StoreView {
  readonly path: string
  rows<A extends object>(sql: string): Effect.Effect<ReadonlyArray<A>>
  /** Writes as another process would that has the store now. */
  write(sql: string): Effect.Effect<void>
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
    using(
      path,
      text.startsWith("select"),
      (db) => db.prepare(text).all(...values) as ReadonlyArray<unknown> as ReadonlyArray<object>
    )
  ),
  rows: <A extends object>(sql: string) =>
    using(path, true, (db) => db.prepare(sql).all() as ReadonlyArray<unknown> as ReadonlyArray<A>),
  write: (sql) => using(path, false, (db) => db.exec(sql))
})
