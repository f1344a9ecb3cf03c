import { NodeHttpClient } from "@effect/platform-node"
import { Context, Effect, Latch, Layer, Queue, Ref, Schedule } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import type { SignedDelivery } from "./Deliveries.ts"

const AGAIN = Schedule.spaced("20 millis")

/** A delivery, and the status it was answered with; null as long as it was not. */
export interface Sent {
  readonly delivery: SignedDelivery
  readonly status: number | null
}

/** Sends deliveries over several connections at once, each again and unchanged until it is answered, whatever the answer is. */
export class Sender extends Context.Service<
  Sender,
  {
    send(delivery: SignedDelivery): Effect.Effect<void>
    /** Everything given to `send`, by delivery id. */
    readonly ledger: Effect.Effect<ReadonlyMap<string, Sent>>
    /** From now on nothing is sent; completes when nothing is on its way any more. */
    readonly hold: Effect.Effect<void>
    readonly release: Effect.Effect<void>
  }
>()("mosaic-coordinator/test/harness/Sender") {
  /** `url` is asked before every request. */
  static readonly layerWith = (connections: number, url: Effect.Effect<string>) =>
    Layer.effect(
      Sender,
      Effect.gen(function* () {
        const client = yield* HttpClient.HttpClient
        const ledger = yield* Ref.make<ReadonlyMap<string, Sent>>(new Map())
        const queue = yield* Queue.unbounded<SignedDelivery>()
        const gate = yield* Latch.make(true)
        const underWay = yield* Ref.make(0)
        const note = (delivery: SignedDelivery, status: number | null) =>
          Ref.update(ledger, (all) => new Map(all).set(delivery.id, { delivery, status }))

        const once = Effect.fnUntraced(function* ({ body, headers }: SignedDelivery) {
          const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body
          const request = HttpClientRequest.post(yield* url).pipe(
            HttpClientRequest.bodyUint8Array(bytes, "application/json"),
            HttpClientRequest.setHeaders(headers)
          )
          const response = yield* client.execute(request)
          yield* response.text
          return response.status
        }, Effect.timeout("5 seconds"))

        const attempt = (delivery: SignedDelivery) =>
          gate.whenOpen(
            Effect.acquireUseRelease(
              Ref.update(underWay, (count) => count + 1),
              () => Effect.tap(once(delivery), (status) => note(delivery, status)),
              () => Ref.update(underWay, (count) => count - 1)
            )
          )

        const connection = Queue.take(queue).pipe(
          Effect.flatMap((delivery) => Effect.retry(attempt(delivery), AGAIN)),
          Effect.forever
        )
        yield* Effect.forEach(Array.from({ length: connections }), () => Effect.forkScoped(connection))

        const idle = Ref.get(underWay).pipe(
          Effect.repeat({ until: (count) => count === 0, schedule: Schedule.spaced("5 millis") })
        )
        return {
          send: (delivery) => Effect.andThen(note(delivery, null), Queue.offer(queue, delivery)),
          ledger: Ref.get(ledger),
          hold: Effect.andThen(Latch.close(gate), idle),
          release: Latch.open(gate)
        }
      })
    ).pipe(Layer.provide(NodeHttpClient.layerNodeHttpOptions({ keepAlive: false })))
}
