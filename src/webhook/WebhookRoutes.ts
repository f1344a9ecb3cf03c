import { Duration, Effect, Layer, Metric, Result, Semaphore } from "effect"
import type { Option } from "effect"
import { Digest } from "effect/crypto"
import { HttpRouter, HttpServerResponse } from "effect/http"
import type { Headers, HttpServerRequest } from "effect/http"
import { WEBHOOK_PATH } from "../domain/Delivery.ts"
import type { Receipt } from "../domain/Delivery.ts"
import { Inbox } from "../event/Inbox.ts"
import * as Metrics from "../telemetry/Metrics.ts"
import { SetupFaults } from "../telemetry/SetupFaults.ts"
import { decode } from "./EventDecoder.ts"
import { FailureLimit } from "./FailureLimit.ts"
import { payloadOf } from "./FormPayload.ts"
import { Arrivals } from "../http/Arrivals.ts"
import { peerNetwork } from "../http/PeerNetwork.ts"
import { leavingBody, problemResponse, unavailable } from "../http/Problem.ts"
import { tooManyFailures, unauthorized } from "./WebhookProblem.ts"
import type { Problem } from "../http/Problem.ts"
import { incomingBody, makeBodyReader } from "./RequestBody.ts"
import { admit, deliveryOf, nameOf } from "./RequestHead.ts"
import { WebhookVerifier } from "./WebhookVerifier.ts"

/** Verified deliveries being stored at once. Only a signed request takes one of these places, so no others can crowd it out. */
const MAX_IN_FLIGHT = 512
/** Seconds a sender is asked to wait. */
const RETRY_WHEN_BUSY = 1
const RETRY_WHEN_STORE_FAILS = 5

const OK = 200
const UNAUTHORIZED = 401
const TOO_LARGE = 413
const UNPROCESSABLE = 422

const LEFT_UNREAD =
  "a delivery of Gitea's was over 8 MiB and was not read: nothing is to be done, the next comparison finds its issue"

const busy = unavailable("Too many deliveries are being stored", RETRY_WHEN_BUSY)

/** Reads the body of a request whose head gives reason to, and gives the bytes that Gitea signed. */
const makeVerifying = Effect.gen(function* () {
  const verifier = yield* WebhookVerifier
  const readBody = yield* makeBodyReader

  const read = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
    const { encoding, signature } = yield* Effect.fromResult(admit(request.headers))
    return { encoding, signature, body: yield* readBody(incomingBody(request)) }
  }, Effect.mapError(leavingBody))

  return Effect.fnUntraced(
    function* (request: HttpServerRequest.HttpServerRequest) {
      const { body, encoding, signature } = yield* read(request)
      const signed = encoding === "json" ? body : yield* Effect.fromResult(payloadOf(body))
      yield* verifier.verify(signature, signed)
      return signed
    },
    Effect.catchTag("InvalidSignature", ({ message }) => Effect.fail(unauthorized(message)))
  )
})

/** What a refused request is answered, once those who have to know of it do. */
const makeRefusing = Effect.gen(function* () {
  const failures = yield* FailureLimit
  const faults = yield* SetupFaults

  /** Gitea gives every request a signature, if only an empty one; whoever gives none is not Gitea. */
  const note = ({ detail, status }: Problem, { headers, peerAddress }: HttpServerRequest.HttpServerRequest) => {
    if (headers["x-gitea-signature"] === undefined) return Effect.void
    const peer = peerNetwork(peerAddress)
    if (status === UNAUTHORIZED) return faults.found("signature", detail, { peer })
    return status === TOO_LARGE ? faults.found("size", LEFT_UNREAD, { peer }) : Effect.void
  }

  const limited = Effect.fnUntraced(function* (refusal: Problem, peer: Option.Option<string>) {
    const wait = refusal.status === UNAUTHORIZED ? yield* failures.fail(peer) : null
    return wait === null ? refusal : tooManyFailures(refusal, wait)
  })

  return (refusal: Problem, request: HttpServerRequest.HttpServerRequest) =>
    Effect.andThen(note(refusal, request), limited(refusal, request.peerAddress))
})

/** `POST /webhook/gitea`: takes a signed delivery, and answers with its receipt once it is stored. */
export const WebhookRoutes = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const verified = yield* makeVerifying
    const refuse = yield* makeRefusing
    const digest = yield* Digest.Digest
    const inbox = yield* Inbox
    const faults = yield* SetupFaults
    const arrivals = yield* Arrivals
    const places = yield* Semaphore.make(MAX_IN_FLIGHT)

    const store = Effect.fnUntraced(function* (headers: Headers.Headers, signed: Uint8Array) {
      const { delivery, event } = yield* Effect.fromResult(nameOf(headers))
      const { said, text } = yield* Effect.fromResult(decode(event, signed))
      const bodyHash = yield* digest.digestHex(Digest.sha256, signed)
      return yield* inbox.accept({ delivery, bodyHash, body: text, event, ...said })
    })

    const accept = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
      const signed = yield* verified(request)
      yield* arrivals.calm
      const stored = yield* places.withPermitsIfAvailable(1)(store(request.headers, signed))
      return yield* Effect.mapError(Effect.fromOption(stored), () => busy)
    })

    const receive = Effect.fnUntraced(
      function* (request: HttpServerRequest.HttpServerRequest) {
        const [took, receipt] = yield* Effect.timed(accept(request))
        yield* faults.over("signature")
        yield* Metric.update(Metrics.acknowledgement, Duration.toSeconds(took))
        yield* Metric.update(Metrics.delivery(receipt.status, OK), 1)
        yield* logReceipt(receipt)
        return HttpServerResponse.jsonUnsafe(receipt)
      },
      Effect.catchTag("StoreUnavailable", (error) =>
        Effect.andThen(
          Effect.logError("Delivery cannot be stored", error),
          Effect.fail(unavailable("The delivery cannot be stored right now", RETRY_WHEN_STORE_FAILS))
        )
      ),
      (effect, request) =>
        Effect.catchTag(effect, "Problem", (cause) =>
          Effect.flatMap(refuse(cause, request), (refusal) =>
            Metric.update(Metrics.delivery("refused", refusal.status), 1).pipe(
              Effect.andThen(logRefusal(refusal)),
              Effect.as(problemResponse(refusal))
            )
          )
        ),
      (effect, { headers }) => Effect.annotateLogs(effect, idOf(headers))
    )

    yield* router.add("POST", WEBHOOK_PATH, receive)
  })
).pipe(Layer.provide([FailureLimit.layer, WebhookVerifier.layer]))

/** For every line about the request, signed or not. */
const idOf = (headers: Headers.Headers) =>
  Result.match(deliveryOf(headers), { onFailure: () => ({}), onSuccess: (delivery) => ({ delivery }) })

const logReceipt = ({ action, event, reason, status, task }: Receipt) =>
  (status === "ignored"
    ? Effect.annotateLogs(Effect.logDebug("Delivery ignored"), { reason })
    : Effect.logInfo(status === "accepted" ? "Delivery accepted" : "Delivery repeated")
  ).pipe(Effect.annotateLogs({ event, action, task, status }))

/** Before the signature is checked anyone can cause a refusal, so only what was signed is worth a line. */
const logRefusal = ({ detail, status }: Problem) =>
  (status === UNPROCESSABLE ? Effect.logWarning("Delivery refused") : Effect.logDebug("Request refused")).pipe(
    Effect.annotateLogs({ status, detail })
  )
