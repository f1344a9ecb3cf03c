import { Clock, Effect, Schema } from "effect"
import { SqlSchema } from "effect/sql"
import type { SqlClient } from "effect/sql"
import { JournalEntry } from "../domain/JournalEntry.ts"
import { Session } from "../domain/Session.ts"
import type { SessionId } from "../domain/Session.ts"
import type { Task, TaskId } from "../domain/Task.ts"

const Entry = Schema.fromJsonString(JournalEntry)
const encode = Schema.encodeEffect(Entry)
const Row = Schema.Struct({ ...Session.fields, canCompact: Schema.BooleanFromBit })

/** Every statement on the tables `sessions` and `journal` that sessions themselves need. */
export const makeSessionTable = (sql: SqlClient.SqlClient) => {
  const ofGeneration = SqlSchema.findAll({
    Request: Schema.Struct({ id: Schema.String, generation: Schema.Int }),
    Result: Row,
    execute: ({ id, generation }) => sql`select id, task_id as task, generation, model, "limit", can_compact, state,
      system, tools, predecessor from sessions where task_id = ${id} and generation = ${generation} order by rowid`
  })

  const findEntry = SqlSchema.findAll({
    Request: Schema.Struct({ session: Schema.String, seq: Schema.Int }),
    Result: Schema.Struct({ entry: Entry, size: Schema.Int }),
    execute: ({ session, seq }) =>
      sql`select entry, length(entry) as size from journal where session_id = ${session} and seq = ${seq}`
  })

  const insert = Effect.fnUntraced(function* ({ canCompact, task, ...session }: Session) {
    const createdAt = yield* Clock.currentTimeMillis
    yield* sql`insert into sessions ${sql.insert({ ...session, taskId: task, canCompact: canCompact ? 1 : 0, createdAt })}`
  })

  const append = Effect.fnUntraced(function* (sessionId: SessionId, seq: number, entry: JournalEntry) {
    const at = yield* Clock.currentTimeMillis
    const text = yield* encode(entry)
    yield* sql`insert into journal ${sql.insert({ sessionId, seq, at, entry: text })}`
    return text.length
  })

  const rotated = Effect.fnUntraced(function* (session: SessionId) {
    const now = yield* Clock.currentTimeMillis
    yield* sql`update sessions set state = 'rotated', ended_at = ${now} where id = ${session} and state = 'open'`
  })

  const end = Effect.fnUntraced(function* (task: TaskId) {
    const now = yield* Clock.currentTimeMillis
    yield* sql`update sessions set state = 'ended', ended_at = ${now} where task_id = ${task} and state = 'open'`
  })

  return {
    ofGeneration,
    entry: (session: SessionId, seq: number) => Effect.map(findEntry({ session, seq }), ([row]) => row ?? null),
    size: (session: SessionId) =>
      sql<{
        size: number
      }>`select coalesce(sum(length(entry)), 0) as size from journal where session_id = ${session}`.pipe(
        Effect.map(([row]) => row?.size ?? 0)
      ),
    insert,
    append,
    rotated,
    end,
    finishTurn: (session: SessionId) =>
      Effect.asVoid(sql`update sessions set finished_turns = finished_turns + 1 where id = ${session}`),
    /** Of the sessions since the task last became ready, the newest first. */
    finishedTurns: ({ id, readyAt }: Task) =>
      sql<{ turns: number }>`select finished_turns as turns from sessions
        where task_id = ${id} and created_at >= ${readyAt} order by rowid desc`.pipe(
        Effect.map((rows) => rows.map(({ turns }) => turns))
      )
  }
}
