import { Effect, Ref } from "effect"
import { makeTrouble } from "../telemetry/Trouble.ts"
import { ModelUnavailable } from "./ModelError.ts"
import type { ModelError } from "./ModelError.ts"

/** `"ok"`, or why Claude cannot be used now. */
export type ModelHealth = "ok" | ModelError

/** Whether an error is about Claude itself, rather than about one request that it did answer. */
const concernsHealth = ({ _tag }: ModelError): boolean => _tag !== "ContextOverflow" && _tag !== "ModelRejected"

const kindOf = (error: ModelError): string => (error instanceof ModelUnavailable ? error.kind : error._tag)

/** Health as the outcomes of calls tell it: one warning when it is lost and one line when it is back, however long it took. */
export interface HealthRecord {
  readonly current: Effect.Effect<ModelHealth>
  /** Notes how a call ended. */
  note<A>(call: Effect.Effect<A, ModelError>): Effect.Effect<A, ModelError>
}

export const makeHealthRecord = Effect.fnUntraced(function* (first: ModelHealth) {
  const health = yield* Ref.make(first)
  const trouble = makeTrouble<null>({ says: "Claude is unavailable", saysOver: "Claude is available again" })

  const succeeded = Effect.andThen(Ref.set(health, "ok"), trouble.over(null))

  const failed = Effect.fnUntraced(function* (error: ModelError) {
    if (!concernsHealth(error)) return yield* succeeded
    yield* Ref.set(health, error)
    yield* trouble
      .met(null, {})
      .pipe(Effect.annotateLogs({ kind: kindOf(error), why: error.message, request: error.requestId }))
  })

  const record: HealthRecord = {
    current: Ref.get(health),
    note: (call) => call.pipe(Effect.tap(succeeded), Effect.tapError(failed))
  }
  return record
})
