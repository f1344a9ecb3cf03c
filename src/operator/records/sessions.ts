import { Effect, Schema } from "effect"
import { SqlSchema } from "effect/sql"
import type { SqlClient } from "effect/sql"
import { MAX_PAGE } from "../api/Page.ts"
import type { PageQuery } from "../api/Page.ts"
import { Sample, Session } from "../api/Sessions.ts"
import type { SamplePage, SessionPage } from "../api/Sessions.ts"
import { pageOf, windowOf } from "./page.ts"

const { ratio: _, ...sessionColumns } = Session.fields
const { ratio: __, ...sampleColumns } = Sample.fields

const SessionRow = Schema.Struct({
  ...sessionColumns,
  position: Schema.Int,
  createdAt: Schema.DateTimeUtcFromMillis,
  endedAt: Schema.NullOr(Schema.DateTimeUtcFromMillis)
})

const SampleRow = Schema.Struct({ ...sampleColumns, position: Schema.Int, at: Schema.DateTimeUtcFromMillis })

const Window = Schema.Struct({ before: Schema.Int, count: Schema.Int })

interface Usage {
  readonly used: number | null
  readonly limit: number
}

const withRatio = <Row extends Usage>(row: Row) => ({ ...row, ratio: row.used === null ? null : row.used / row.limit })

/** Reads sessions and their samples, never their prompts and journals. */
export const sessionRecords = (sql: SqlClient.SqlClient) => {
  const columns =
    sql.literal(`rowid as position, id, task_id as task, model, state, "limit", generation, finished_turns,
    predecessor, created_at, ended_at,
    (select used from samples where session_id = sessions.id order by samples.id desc limit 1) as used`)

  const rows = SqlSchema.findAll({
    Request: Window,
    Result: SessionRow,
    execute: ({ before, count }) =>
      sql`select ${columns} from sessions where rowid < ${before} order by rowid desc limit ${count}`
  })

  const withId = SqlSchema.findAll({
    Request: Schema.String,
    Result: SessionRow,
    execute: (id) => sql`select ${columns} from sessions where id = ${id}`
  })

  const withTask = SqlSchema.findAll({
    Request: Schema.String,
    Result: SessionRow,
    execute: (task) =>
      sql`select ${columns} from sessions where task_id = ${task} order by rowid desc limit ${MAX_PAGE}`
  })

  const samples = SqlSchema.findAll({
    Request: Schema.Struct({ id: Schema.String, ...Window.fields }),
    Result: SampleRow,
    execute: ({ before, count, id }) => sql`select id as position, at, used, "limit", source, "by", action from samples
      where session_id = ${id} and id < ${before} order by id desc limit ${count}`
  })

  const list = Effect.fnUntraced(function* (query: PageQuery) {
    const { nextCursor, shown } = pageOf(yield* rows(windowOf(query)), query)
    return { sessions: shown.map(withRatio), nextCursor } satisfies SessionPage
  })

  const find = Effect.fnUntraced(function* (id: string) {
    const [row] = yield* withId(id)
    return row === undefined ? null : withRatio(row)
  })

  const ofTask = (task: string) => Effect.map(withTask(task), (found) => found.map(withRatio))

  const usage = Effect.fnUntraced(function* (id: string, query: PageQuery) {
    if ((yield* withId(id)).length === 0) return null
    const { nextCursor, shown } = pageOf(yield* samples({ id, ...windowOf(query) }), query)
    return { samples: shown.map(withRatio), nextCursor } satisfies SamplePage
  })

  return { list, find, ofTask, usage }
}
