import { Effect, Schema } from "effect"
import { Migrator, SqlClient } from "effect/sql"
import { migration0001 } from "./migrations/0001_thread.ts"
import { migration0002 } from "./migrations/0002_gaps.ts"
import { migration0003 } from "./migrations/0003_traces.ts"
import { migration0004 } from "./migrations/0004_bounds.ts"
import { migration0005 } from "./migrations/0005_answers.ts"
import { migration0006 } from "./migrations/0006_assigned_text.ts"
import { migration0007 } from "./migrations/0007_taken.ts"
import { migration0008 } from "./migrations/0008_found.ts"
import { migration0009 } from "./migrations/0009_saved.ts"
import { migration0010 } from "./migrations/0010_indexes.ts"

const migrations = {
  "0001_thread": migration0001,
  "0002_gaps": migration0002,
  "0003_traces": migration0003,
  "0004_bounds": migration0004,
  "0005_answers": migration0005,
  "0006_assigned_text": migration0006,
  "0007_taken": migration0007,
  "0008_found": migration0008,
  "0009_saved": migration0009,
  "0010_indexes": migration0010
}

/** The store was written by a newer release; going on could lose what it knows. */
export class StoreTooNew extends Schema.TaggedError<StoreTooNew>()("StoreTooNew", {
  found: Schema.Int,
  known: Schema.Int
}) {
  override get message() {
    return `The store has schema version ${this.found}, this release knows version ${this.known}: start a newer release, or restore a backup made before the upgrade`
  }
}

const known = Math.max(...Object.keys(migrations).map((name) => Number.parseInt(name, 10)))

const refuseNewer = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const rows = yield* sql<{ found: number | null }>`select max(migration_id) as found from effect_sql_migrations`
  const found = rows[0]?.found ?? 0
  if (found > known) return yield* new StoreTooNew({ found, known })
})

const hasMigrations = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql`select 1 from sqlite_master where type = 'table' and name = 'effect_sql_migrations'`,
    (rows) => rows.length > 0
  )

/** Brings the store to this release's schema, each step in a transaction. Refuses one that is newer. */
export const migrate = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  if (yield* hasMigrations(sql)) yield* refuseNewer(sql)
  yield* Migrator.make({})({ loader: Migrator.fromRecord(migrations) }).pipe(
    Effect.provideService(SqlClient.SqlClient, sql)
  )
})
