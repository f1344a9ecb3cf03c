import { Array, Context, DateTime, Effect, Latch, Layer, Queue, Ref } from "effect"
import { Mac, SecureRandom } from "effect/crypto"
import { Hex } from "effect/encoding"
import { HttpClient, HttpClientRequest } from "effect/http"
import { makeDisturbed } from "./Disturbance.ts"
import type { Disturbance } from "./Disturbance.ts"
import { timestamp } from "./Forge.ts"
import type { Payload } from "./Payload.ts"

const DELIVER_TIMEOUT = "5 seconds"

export interface Hook {
  readonly url: string
  readonly secret: string
  readonly contentType?: "json" | "form"
}

/** A hook of one repository. */
export interface RepositoryHook extends Hook {
  readonly active: boolean
  /** What it is told of, by the names in Gitea's lists: "issues", "issue_assign", "issue_label", "issue_comment". */
  readonly events: ReadonlyArray<string>
  /** Its host is not on `[webhook] ALLOWED_HOST_LIST`: nothing that is sent to it leaves Gitea. */
  readonly denied?: boolean
}

/** One that was given to a repository then. */
export type GivenHook = RepositoryHook & { readonly createdAt: string }

/** One attempt to tell one hook of one event, and what came of it. */
export interface Delivery extends Payload {
  readonly id: string
  readonly hook: Hook | RepositoryHook
  readonly outcome: { readonly status: number; readonly body: string } | { readonly error: string }
}

type Pending = Omit<Delivery, "outcome">

/** The delivery queue: one sender, in order, one attempt each (services/webhook/deliver.go never retries). */
export class Hooks extends Context.Service<
  Hooks,
  {
    /** A hook of every repository that was given none of its own. */
    add(hook: Hook): Effect.Effect<void>
    /** Those a repository was given, none unless it was. */
    of(repository: number): Effect.Effect<ReadonlyArray<GivenHook>>
    give(repository: number, hooks: ReadonlyArray<RepositoryHook>): Effect.Effect<void>
    /** Queues one delivery for every hook there is now that is to be told. */
    notify(repository: number, payload: Payload): Effect.Effect<void>
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
      const everywhere = yield* Ref.make<ReadonlyArray<Hook>>([])
      const given = yield* Ref.make<ReadonlyMap<number, ReadonlyArray<GivenHook>>>(new Map())
      const attempted = yield* Ref.make<ReadonlyArray<Delivery>>([])
      const queue = yield* Queue.unbounded<Pending>()
      const idle = yield* Latch.make(true)

      const line = yield* makeDisturbed((pending: Pending) =>
        Effect.sync(() => {
          Latch.closeUnsafe(idle)
          Queue.offerUnsafe(queue, pending)
        })
      )
      const enqueue = (payload: Payload, hook: Delivery["hook"]) =>
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
        add: (hook) => Ref.update(everywhere, Array.append(hook)),
        of: (repository) => Effect.map(Ref.get(given), (all) => all.get(repository) ?? []),
        give: Effect.fnUntraced(function* (repository, hooks) {
          const createdAt = timestamp(yield* DateTime.now)
          yield* Ref.update(given, (all) =>
            new Map(all).set(
              repository,
              hooks.map((hook) => ({ ...hook, createdAt }))
            )
          )
        }),
        notify: Effect.fn("Hooks.notify")(function* (repository, payload) {
          const own = (yield* Ref.get(given)).get(repository)
          const told = own?.filter(({ active, events }) => active && events.includes(payload.eventType))
          yield* Effect.forEach(told ?? (yield* Ref.get(everywhere)), (hook) => enqueue(payload, hook), {
            discard: true
          })
        }),
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

/** What Gitea's log of deliveries says of it (services/webhook/deliver.go). */
const denial = (url: string): string =>
  `webhook can only call allowed HTTP servers (check your webhook.ALLOWED_HOST_LIST setting), deny '${new URL(url).host}'`

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
    if ("denied" in hook && hook.denied) return { error: denial(hook.url) }
    const sha256 = yield* digest(Mac.hmacSha256, hook.secret, text)
    const sha1 = yield* digest(Mac.hmacSha1, hook.secret, text)
    const request = HttpClientRequest.post(hook.url).pipe(
      HttpClientRequest.setHeaders({
        "user-agent": "Go-http-client/1.1",
        "x-gitea-delivery": id,
        "x-gitea-event": event,
        "x-gitea-event-type": eventType,
        "x-gitea-hook-installation-target-type": "active" in hook ? "repository" : "system",
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
