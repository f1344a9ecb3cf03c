import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { TaskId } from "../domain/Task.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"

/** What the texts of issues were when their mandates were first seen. */
export class AssignedTexts extends Context.Service<
  AssignedTexts,
  {
    /** Its hash (`makeTextHash`); null where it is not known. */
    of(id: TaskId): Effect.Effect<string | null, StoreUnavailable>
  }
>()("mosaic-coordinator/task/AssignedTexts") {
  static readonly layer = Layer.effect(
    AssignedTexts,
    Effect.map(SqlClient.SqlClient, (sql) => ({
      of: Effect.fn("AssignedTexts.of")(
        (id: TaskId) =>
          Effect.map(
            sql<{ text: string | null }>`select assigned_text as text from tasks where id = ${id}`,
            ([row]) => row?.text ?? null
          ),
        orStoreUnavailable
      )
    }))
  )
}
