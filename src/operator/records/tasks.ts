import { Effect, Schema } from "effect"
import { SqlSchema } from "effect/sql"
import type { SqlClient } from "effect/sql"
import { MAX_PAGE } from "../api/Page.ts"
import type { PageQuery } from "../api/Page.ts"
import { Gap, Task, Transition } from "../api/Tasks.ts"
import type { TaskDetail, TaskPage } from "../api/Tasks.ts"
import { pageOf, windowOf } from "./page.ts"
import type { sessionRecords } from "./sessions.ts"

const Time = Schema.DateTimeUtcFromMillis
const Row = Schema.Struct({ ...Task.fields, position: Schema.Int, createdAt: Time, updatedAt: Time })
const TransitionRow = Schema.Struct({ ...Transition.fields, at: Time })
const GapRow = Schema.Struct({
  ...Gap.fields,
  downFrom: Schema.NullOr(Time),
  downTo: Schema.NullOr(Time),
  happenedAt: Schema.NullOr(Time),
  foundAt: Time
})

/** Reads tasks and what happened to them. `clean` takes secrets out of what strangers wrote. */
export const taskRecords = (
  sql: SqlClient.SqlClient,
  clean: (text: string) => string,
  sessions: ReturnType<typeof sessionRecords>
) => {
  const columns =
    sql.literal(`rowid as position, id, full_name as repository, number as issue, title, state, cause, attempts,
    generation, turns, tokens, created_at, updated_at`)

  const rows = SqlSchema.findAll({
    Request: Schema.Struct({ before: Schema.Int, count: Schema.Int }),
    Result: Row,
    execute: ({ before, count }) =>
      sql`select ${columns} from tasks where rowid < ${before} order by rowid desc limit ${count}`
  })

  const withId = SqlSchema.findAll({
    Request: Schema.String,
    Result: Row,
    execute: (id) => sql`select ${columns} from tasks where id = ${id}`
  })

  const transitions = SqlSchema.findAll({
    Request: Schema.String,
    Result: TransitionRow,
    execute: (task) => sql`select "from", "to", cause, at from transitions where task_id = ${task}
      order by id desc limit ${MAX_PAGE}`
  })

  const gaps = SqlSchema.findAll({
    Request: Schema.String,
    Result: GapRow,
    execute: (
      task
    ) => sql`select cause, down_from, down_to, happened_at, found_at, state from gaps where task_id = ${task} and cause is not null
      order by id desc limit ${MAX_PAGE}`
  })

  const shown = (row: typeof Row.Type): Task => ({
    ...row,
    repository: clean(row.repository),
    title: clean(row.title),
    cause: clean(row.cause)
  })

  const list = Effect.fnUntraced(function* (query: PageQuery) {
    const page = pageOf(yield* rows(windowOf(query)), query)
    return { tasks: page.shown.map(shown), nextCursor: page.nextCursor } satisfies TaskPage
  })

  const find = Effect.fnUntraced(function* (id: string) {
    const [row] = yield* withId(id)
    if (row === undefined) return null
    const history = yield* transitions(id)
    return {
      ...shown(row),
      transitions: history.map((one) => ({ ...one, cause: clean(one.cause) })),
      sessions: yield* sessions.ofTask(id),
      gaps: yield* gaps(id)
    } satisfies TaskDetail
  })

  return { list, find }
}
