import { NodeCrypto } from "@effect/platform-node"
import { Effect, Layer, Schema } from "effect"
import type { Digest } from "effect/crypto"
import { FetchHttpClient, HttpRouter, HttpServer } from "effect/http"
import { WEBHOOK_PATH } from "../../src/domain/Delivery.ts"
import { Inbox } from "../../src/event/Inbox.ts"
import type { Settings } from "../../src/Settings.ts"
import { Fallback } from "../../src/http/Fallback.ts"
import { Listener } from "../../src/http/Listener.ts"
import { WebhookRoutes } from "../../src/webhook/WebhookRoutes.ts"
import type { SignedDelivery } from "../harness/Deliveries.ts"
import { requestOf } from "../harness/Deliveries.ts"
import { settings } from "../harness/TestSettings.ts"

/** The webhook route and the fallback, over whatever inbox and settings the test brings. */
export const Routes = Layer.mergeAll(WebhookRoutes, Fallback({ [WEBHOOK_PATH]: ["POST"], "/health": ["GET", "HEAD"] }))

const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Unknown))

export const jsonOf = (response: Response) =>
  Effect.map(
    Effect.promise(() => response.text()),
    decodeJson
  )

type Overrides = Parameters<typeof settings>[0]

export const over = (inbox: Layer.Layer<Inbox>, overrides: Overrides = {}) =>
  Layer.mergeAll(inbox, settings(overrides), NodeCrypto.layer)

export const accepting = Layer.mock(Inbox, {
  accept: ({ action, delivery, event }) => Effect.succeed({ status: "accepted", delivery, event, action, task: null })
})

/** For requests that must be refused before anything is stored. */
export const untouched = over(Layer.mock(Inbox, { accept: () => Effect.die("must not store a refused request") }))

const Listening = HttpRouter.serve(Routes, { disableLogger: true }).pipe(
  Layer.provideMerge(Listener.pipe(Layer.provide(settings({ host: "127.0.0.1", port: 0 }))))
)

/** The routes on a socket, over what `over` gives. */
export const listening = (below: ReturnType<typeof over>) => Listening.pipe(Layer.provide(below), Layer.orDie)

/** Where they listen. */
export const url = Effect.map(HttpServer.HttpServer, ({ address }) => HttpServer.formatAddress(address))

/** The routes as a function from request to response, over a socket, sharing the services, clock and log of the test. */
export const webhook = Effect.gen(function* () {
  const context = yield* Effect.context<Inbox | Settings | Digest.Digest>()
  const server = yield* Layer.build(Layer.provide(Listening, Layer.succeedContext(context)))
  const base = yield* Effect.provideContext(url, server)
  const send = yield* FetchHttpClient.Fetch
  return (request: Request) =>
    Effect.promise(() => send(new Request(new URL(new URL(request.url).pathname, base), request)))
})

export const send = Effect.fnUntraced(function* (delivery: SignedDelivery) {
  return yield* (yield* webhook)(requestOf(delivery))
})

export const answerTo = Effect.fnUntraced(function* (delivery: SignedDelivery) {
  const response = yield* send(delivery)
  return { status: response.status, body: yield* jsonOf(response) }
}, Effect.scoped)
