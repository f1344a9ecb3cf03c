import { Effect, Schema } from "effect"
import { SqlError } from "effect/sql"

/** The store cannot read or commit. The webhook answers 503 for it, and a session stops before its next paid call. */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()("StoreUnavailable", {
  cause: Schema.Defect()
}) {
  override get message() {
    return "The store cannot be read or written: look at the disk and the file named by DATABASE_URL"
  }
}

type Ours = SqlError.SqlError | Schema.SchemaError

/** A failing database is `StoreUnavailable`; a row of our own that does not decode is a defect. */
export const orStoreUnavailable = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, Exclude<E, Ours> | StoreUnavailable, R> =>
  Effect.catch(effect, (error): Effect.Effect<never, Exclude<E, Ours> | StoreUnavailable> => {
    if (SqlError.isSqlError(error)) return Effect.fail(new StoreUnavailable({ cause: error }))
    return Schema.isSchemaError(error) ? Effect.die(error) : Effect.fail(error as Exclude<E, Ours>)
  })
