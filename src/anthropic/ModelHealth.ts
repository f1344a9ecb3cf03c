import { Effect, Ref } from "effect"
import { makeTrouble } from "../telemetry/Trouble.ts"
import { concernsAccount, ModelUnavailable } from "./ModelError.ts"
import type { ModelError } from "./ModelError.ts"

/** `"ok"`, or why Claude cannot be used now. */
export type ModelHealth = "ok" | ModelError

/** Whether an error is about Claude itself, rather than about one request that it did answer. */
const concernsHealth = ({ _tag }: ModelError): boolean =>
  _tag !== "ContextOverflow" && _tag !== "ModelRejected" && _tag !== "ThinkingRejected"

const kindOf = (error: ModelError): string => (error instanceof ModelUnavailable ? error.kind : error._tag)

/** Health as the outcomes of calls tell it: one warning when it is lost and one line when it is back, however long it took. */
export interface HealthRecord {
  readonly current: Effect.Effect<ModelHealth>
  /**
   * Notes how a call ended. That key, account and model are accepted again is shown by a paid call alone: free ones are answered
   * without credit, too.
   */
  note(kind: "paid" | "free"): <A>(call: Effect.Effect<A, ModelError>) => Effect.Effect<A, ModelError>
}

export const makeHealthRecord = Effect.fnUntraced(function* (first: ModelHealth) {
  const health = yield* Ref.make(first)
  const trouble = makeTrouble<null>({ says: "Claude is unavailable", saysOver: "Claude is available again" })

  const succeeded = Effect.fnUntraced(function* (kind: "paid" | "free") {
    const before = yield* Ref.get(health)
    if (kind === "free" && before !== "ok" && concernsAccount(before)) return
    yield* Ref.set(health, "ok")
    yield* trouble.over(null)
  })

  const failed = Effect.fnUntraced(function* (error: ModelError, kind: "paid" | "free") {
    if (!concernsHealth(error)) return yield* succeeded(kind)
    yield* Ref.set(health, error)
    yield* trouble
      .met(null, {})
      .pipe(Effect.annotateLogs({ kind: kindOf(error), why: error.message, request: error.requestId }))
  })

  const record: HealthRecord = {
    current: Ref.get(health),
    note: (kind) => (call) =>
      call.pipe(
        Effect.tap(() => succeeded(kind)),
        Effect.tapError((error) => failed(error, kind))
      )
  }
  return record
})
