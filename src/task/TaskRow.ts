import { Effect, Schema } from "effect"
import { SqlSchema } from "effect/sql"
import type { SqlClient } from "effect/sql"
import { IssueRef } from "../domain/IssueRef.ts"
import { Task, TaskId } from "../domain/Task.ts"
import { OVER } from "../domain/TaskState.ts"

const { mandate: _, ...columns } = Task.fields

const Columns = Schema.Struct({
  ...columns,
  mandateSource: Schema.NullOr(Schema.Literals(["timeline", "delivery"])),
  mandateId: Schema.NullOr(Schema.Int)
})

/** A row of the task table as a task. */
export const taskOf = (row: unknown) =>
  Effect.map(Schema.decodeUnknownEffect(Columns)(row), ({ mandateSource, mandateId, ...task }): Task => ({
    ...task,
    mandate: mandateSource === null || mandateId === null ? null : { source: mandateSource, id: mandateId }
  }))

/** The issues of tasks that are not over. */
export const findUnfinished = (sql: SqlClient.SqlClient) =>
  SqlSchema.findAll({
    Request: Schema.Void,
    Result: IssueRef,
    execute: () => sql`select id as task_id, full_name from tasks where not ${sql.in("state", OVER)}`
  })()

const Ids = Schema.fromJsonString(Schema.Array(TaskId))

/** Those of the ids that are in the table, by one statement whatever their number. */
export const findExisting = (sql: SqlClient.SqlClient) =>
  SqlSchema.findAll({
    Request: Ids,
    Result: Schema.Struct({ id: TaskId }),
    execute: (ids) => sql`select id from tasks where id in (select value from json_each(${ids}))`
  })
