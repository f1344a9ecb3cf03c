import { Duration, Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { shareOf } from "../storage/Retention.ts"
import type { Retention } from "../storage/Retention.ts"
import { TaskRecords } from "../task/TaskRecords.ts"

const JOURNALS = Duration.days(30)

const encodeIds = Schema.encodeSync(Schema.fromJsonString(Schema.Array(Schema.String)))

/** Journals of tasks that have been over for so long. A task that may go on keeps all of its journals. */
export const JournalRetention = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const tasks = yield* TaskRecords
  const retention: Retention = {
    of: "journals",
    clean: Effect.fnUntraced(function* (before) {
      const at = before(JOURNALS)
      const kept = yield* sql<{ task: string }>`select distinct task_id as task from sessions
        where created_at < ${at} and exists (select 1 from journal where session_id = sessions.id)`
      const over = yield* tasks.overSince(
        kept.map(({ task }) => task),
        at
      )
      const some = over.slice(0, shareOf(kept.length))
      yield* sql`delete from journal where session_id in (select id from sessions
        where task_id in (select value from json_each(${encodeIds(some)})))`
      return { tasks: some.length }
    })
  }
  return retention
}).pipe(Effect.provide(TaskRecords.layer))
