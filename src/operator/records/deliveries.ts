import { Effect, Schema } from "effect"
import { SqlSchema } from "effect/sql"
import type { SqlClient } from "effect/sql"
import { numberOf, TaskId } from "../../domain/Task.ts"
import { DeliveryDetail } from "../api/Deliveries.ts"
import type { Delivery, DeliveryPage } from "../api/Deliveries.ts"
import type { PageQuery } from "../api/Page.ts"
import { pageOf, windowOf } from "./page.ts"

const { issue: _, ...columns } = DeliveryDetail.fields

const Row = Schema.Struct({
  ...columns,
  position: Schema.Int,
  task: Schema.NullOr(TaskId),
  receivedAt: Schema.DateTimeUtcFromMillis,
  settledAt: Schema.NullOr(Schema.DateTimeUtcFromMillis)
})

/** Reads deliveries, never their bodies. `clean` takes secrets out of what strangers wrote. */
export const deliveryRecords = (sql: SqlClient.SqlClient, clean: (text: string) => string) => {
  const columnsOf =
    sql.literal(`seq as position, delivery_id as id, event, action, full_name as repository, task_id as task,
    status, reason, body_hash, received_at, settled_at`)

  const rows = SqlSchema.findAll({
    Request: Schema.Struct({ before: Schema.Int, count: Schema.Int }),
    Result: Row,
    execute: ({ before, count }) =>
      sql`select ${columnsOf} from deliveries where seq < ${before} order by seq desc limit ${count}`
  })

  const newest = SqlSchema.findAll({
    Request: Schema.String,
    Result: Row,
    execute: (id) => sql`select ${columnsOf} from deliveries where delivery_id = ${id} order by seq desc limit 1`
  })

  const shown = ({ action, event, id, reason, receivedAt, repository, status, task }: typeof Row.Type): Delivery => ({
    id: clean(id),
    event: clean(event),
    action: action === null ? null : clean(action),
    repository: repository === null ? null : clean(repository),
    issue: task === null ? null : numberOf(task),
    status,
    reason: reason === null ? null : clean(reason),
    receivedAt
  })

  const list = Effect.fnUntraced(function* (query: PageQuery) {
    const page = pageOf(yield* rows(windowOf(query)), query)
    return { deliveries: page.shown.map(shown), nextCursor: page.nextCursor } satisfies DeliveryPage
  })

  const find = Effect.fnUntraced(function* (id: string) {
    const [row] = yield* newest(id)
    if (row === undefined) return null
    return { ...shown(row), task: row.task, bodyHash: row.bodyHash, settledAt: row.settledAt } satisfies DeliveryDetail
  })

  return { list, find }
}
