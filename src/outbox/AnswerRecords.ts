import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"

/** An answer as it was rendered for the issue. "sent": it stands there; `reason`: why it was dropped. */
const AnswerRecord = Schema.Struct({
  state: Schema.Literals(["pending", "sent", "dropped"]),
  reason: Schema.NullOr(Schema.String),
  body: Schema.String
})
export type AnswerRecord = typeof AnswerRecord.Type

/** What operators read of answers, above all of those that could not be written. */
export class AnswerRecords extends Context.Service<
  AnswerRecords,
  {
    /** The newest answer of a task; null where there is none. */
    newest(task: string): Effect.Effect<AnswerRecord | null, StoreUnavailable>
  }
>()("mosaic-coordinator/outbox/AnswerRecords") {
  static readonly layer = Layer.effect(
    AnswerRecords,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const find = SqlSchema.findAll({
        Request: Schema.String,
        Result: AnswerRecord,
        execute: (task) => sql`select state, reason, body from outbox where task_id = ${task} and key like '% report %'
          order by created_at desc, rowid desc limit 1`
      })
      return {
        newest: Effect.fn("AnswerRecords.newest")(
          (task: string) => Effect.map(find(task), ([row]) => row ?? null),
          orStoreUnavailable
        )
      }
    })
  )
}
