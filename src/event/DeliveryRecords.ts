import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { DeliveryStatus } from "../domain/Delivery.ts"
import { TaskId } from "../domain/Task.ts"
import { Window } from "../storage/Page.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"

const Time = Schema.DateTimeUtcFromMillis

/** A delivery without its body. */
const DeliveryRecord = Schema.Struct({
  position: Schema.Int,
  id: Schema.String,
  event: Schema.String,
  action: Schema.NullOr(Schema.String),
  repository: Schema.NullOr(Schema.String),
  task: Schema.NullOr(TaskId),
  status: DeliveryStatus,
  reason: Schema.NullOr(Schema.String),
  bodyHash: Schema.String,
  receivedAt: Time,
  settledAt: Schema.NullOr(Time)
})
export type DeliveryRecord = typeof DeliveryRecord.Type

/** What operators read of deliveries; never their bodies. */
export class DeliveryRecords extends Context.Service<
  DeliveryRecords,
  {
    page(window: Window): Effect.Effect<ReadonlyArray<DeliveryRecord>, StoreUnavailable>
    /** Of several that were sent under the same id, the newest. */
    find(id: string): Effect.Effect<DeliveryRecord | null, StoreUnavailable>
  }
>()("mosaic-coordinator/event/DeliveryRecords") {
  static readonly layer = Layer.effect(
    DeliveryRecords,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const columns = sql.literal(`seq as position, delivery_id as id, event, action, full_name as repository,
        task_id as task, status, reason, body_hash, received_at, settled_at`)

      const page = SqlSchema.findAll({
        Request: Window,
        Result: DeliveryRecord,
        execute: ({ before, count }) =>
          sql`select ${columns} from deliveries where seq < ${before} order by seq desc limit ${count}`
      })

      // Deliveries that wait are not in the index by id, so all of them are read.
      const newest = SqlSchema.findAll({
        Request: Schema.String,
        Result: DeliveryRecord,
        execute: (id) => sql`select ${columns} from deliveries where delivery_id = ${id} and status <> 'accepted'
          union all select ${columns} from deliveries where delivery_id = ${id} and status = 'accepted'
          order by position desc limit 1`
      })

      return {
        page: Effect.fn("DeliveryRecords.page")(page, orStoreUnavailable),
        find: Effect.fn("DeliveryRecords.find")(
          (id: string) => Effect.map(newest(id), ([row]) => row ?? null),
          orStoreUnavailable
        )
      }
    })
  )
}
