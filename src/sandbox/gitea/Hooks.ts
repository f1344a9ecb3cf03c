import { Array, Context, Effect, Latch, Layer, Queue, Ref } from "effect"
import { Mac, SecureRandom } from "effect/crypto"
import { Hex } from "effect/encoding"
import { HttpClient, HttpClientRequest } from "effect/http"
import { makeDisturbed } from "./Disturbance.ts"
import type { Disturbance } from "./Disturbance.ts"
import type { Payload } from "./Payload.ts"

const DELIVER_TIMEOUT = "5 seconds"

export interface Hook {
  readonly url: string
  readonly secret: string
  readonly contentType?: "json" | "form"
}

/** One attempt to tell one hook of one event, and what came of it. */
export interface Delivery extends Payload {
  readonly id: string
  readonly hook: Hook
  readonly outcome: { readonly status: number; readonly body: string } | { readonly error: string }
}

type Pending = Omit<Delivery, "outcome">

/** The delivery queue: one sender, in order, one attempt each (services/webhook/deliver.go never retries). */
export class Hooks extends Context.Service<
  Hooks,
  {
    add(hook: Hook): Effect.Effect<void>
    /** Queues one delivery for every hook there is now. */
    notify(payload: Payload): Effect.Effect<void>
    /** Queues what was delivered again, under a new id; an id that was never attempted is a defect. */
    replay(deliveryId: string): Effect.Effect<void>
    /** From now on deliveries are lost, doubled and out of order; null: no longer. */
    disturb(disturbance: Disturbance | null): Effect.Effect<void>
    /** Every delivery attempted, oldest first. */
    readonly deliveries: Effect.Effect<ReadonlyArray<Delivery>>
    /** Completes when nothing is queued or on its way. */
    readonly drained: Effect.Effect<void>
  }
>()("mosaic-coordinator/sandbox/gitea/Hooks") {
  static readonly layer = Layer.effect(
    Hooks,
    Effect.gen(function* () {
      const random = yield* SecureRandom.SecureRandom
      const send = yield* makeSender
      const hooks = yield* Ref.make<ReadonlyArray<Hook>>([])
      const attempted = yield* Ref.make<ReadonlyArray<Delivery>>([])
      const queue = yield* Queue.unbounded<Pending>()
      const idle = yield* Latch.make(true)

      const line = yield* makeDisturbed((pending: Pending) =>
        Effect.sync(() => {
          Latch.closeUnsafe(idle)
          Queue.offerUnsafe(queue, pending)
        })
      )
      const enqueue = (payload: Payload, hook: Hook) =>
        line.pass(Effect.map(random.uuidV4(), (id) => ({ ...payload, id, hook })))

      const deliverNext = Effect.gen(function* () {
        const pending = yield* Queue.take(queue)
        const outcome = yield* send(pending)
        yield* Ref.update(attempted, Array.append({ ...pending, outcome }))
        yield* Effect.sync(() => {
          if (Queue.sizeUnsafe(queue) === 0) Latch.openUnsafe(idle)
        })
      })
      yield* deliverNext.pipe(Effect.forever, Effect.forkScoped)

      return {
        add: (hook) => Ref.update(hooks, Array.append(hook)),
        notify: (payload) =>
          Effect.flatMap(
            Ref.get(hooks),
            Effect.forEach((hook) => enqueue(payload, hook), { discard: true })
          ),
        replay: Effect.fn("Hooks.replay")(function* (deliveryId) {
          const done = Array.findFirst(yield* Ref.get(attempted), ({ id }) => id === deliveryId)
          const { action, event, eventType, hook, text } = yield* Effect.orDie(Effect.fromOption(done))
          yield* enqueue({ action, event, eventType, text }, hook)
        }),
        disturb: line.disturb,
        deliveries: Ref.get(attempted),
        drained: idle.await
      }
    })
  )
}

/** A hook without a secret still sends its signature headers, with empty digests. */
const makeSender = Effect.gen(function* () {
  const client = yield* HttpClient.HttpClient
  const mac = yield* Mac.Mac

  const digest = Effect.fnUntraced(function* (algorithm: Mac.Algorithm, secret: string, text: string) {
    if (secret === "") return ""
    const key = yield* Mac.key(algorithm, new TextEncoder().encode(secret))
    return Hex.encode(yield* mac.sign(key, new TextEncoder().encode(text)))
  }, Effect.orDie)

  return Effect.fnUntraced(function* ({ event, eventType, hook, id, text }: Pending) {
    const sha256 = yield* digest(Mac.hmacSha256, hook.secret, text)
    const sha1 = yield* digest(Mac.hmacSha1, hook.secret, text)
    const request = HttpClientRequest.post(hook.url).pipe(
      HttpClientRequest.setHeaders({
        "user-agent": "Go-http-client/1.1",
        "x-gitea-delivery": id,
        "x-gitea-event": event,
        "x-gitea-event-type": eventType,
        "x-gitea-hook-installation-target-type": "system",
        "x-gitea-signature": sha256,
        "x-hub-signature": `sha1=${sha1}`,
        "x-hub-signature-256": `sha256=${sha256}`
      }),
      hook.contentType === "form"
        ? HttpClientRequest.bodyUrlParams({ payload: text })
        : HttpClientRequest.bodyText(text, "application/json")
    )
    return yield* client.execute(request).pipe(
      Effect.flatMap((response) => Effect.map(response.text, (body) => ({ status: response.status, body }))),
      Effect.timeout(DELIVER_TIMEOUT),
      Effect.catch((error) => Effect.succeed({ error: error.message })),
      Effect.provideService(HttpClient.TracerPropagationEnabled, false)
    )
  })
})
