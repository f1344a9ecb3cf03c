import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** `assigned_text`: a hash of the text as it was when the mandate was first seen; null where that is not known. */
export const migration0006 = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql.unsafe(`alter table tasks add column assigned_text text`)
})
