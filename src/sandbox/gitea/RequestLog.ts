import { Array, Context, Effect, Layer, Ref } from "effect"

export interface RequestRecord {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** 0 when the client got no answer. */
  readonly status: number
}

/** Every API call, in the order they ended. */
export class RequestLog extends Context.Service<
  RequestLog,
  {
    add(record: RequestRecord): Effect.Effect<void>
    readonly records: Effect.Effect<ReadonlyArray<RequestRecord>>
  }
>()("mosaic-coordinator/sandbox/gitea/RequestLog") {
  static readonly layer = Layer.effect(
    RequestLog,
    Effect.map(Ref.make<ReadonlyArray<RequestRecord>>([]), (records) => ({
      add: (record) => Ref.update(records, Array.append(record)),
      records: Ref.get(records)
    }))
  )
}
