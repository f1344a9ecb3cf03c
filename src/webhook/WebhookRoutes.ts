import { Effect, Option, Semaphore } from "effect"
import { Digest } from "effect/crypto"
import { HttpRouter, HttpServerResponse } from "effect/http"
import type { HttpServerRequest } from "effect/http"
import type { Receipt } from "../domain/Delivery.ts"
import { taskIdOf } from "../domain/Task.ts"
import { isBot } from "../domain/User.ts"
import type { Bot } from "../domain/User.ts"
import type { Incoming } from "../event/Incoming.ts"
import { Inbox } from "../event/Inbox.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Settings } from "../Settings.ts"
import { decode } from "./decode.ts"
import { leavingBody, refusalResponse, unauthorized, unavailable } from "./Refusal.ts"
import type { Refusal } from "./Refusal.ts"
import { readBody } from "./RequestBody.ts"
import { admit, nameOf } from "./RequestHead.ts"
import { screen } from "./screen.ts"
import type { WebhookEvent } from "./screen.ts"
import { WebhookVerifier } from "./WebhookVerifier.ts"

export const WEBHOOK_PATH = "/webhook/gitea"

/** Requests being handled at once, each with up to 1 MiB in memory. */
const MAX_IN_FLIGHT = 512
/** Seconds a sender is asked to wait. */
const RETRY_WHEN_BUSY = 1
const RETRY_WHEN_STORE_FAILS = 5

const UNPROCESSABLE = 422

const busy = leavingBody(unavailable("Too many requests are being handled", RETRY_WHEN_BUSY))

/** `POST /webhook/gitea`: takes a signed delivery, and answers with its receipt once it is stored. */
export const WebhookRoutes = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const verifier = yield* WebhookVerifier
    const digest = yield* Digest.Digest
    const identity = yield* BotIdentity
    const inbox = yield* Inbox
    const { repositories } = yield* Settings
    const places = yield* Semaphore.make(MAX_IN_FLIGHT)

    const read = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
      const signature = yield* Effect.fromResult(admit(request.headers))
      return { signature, body: yield* readBody(request) }
    }, Effect.mapError(leavingBody))

    const receive = Effect.fn("WebhookRoutes.receive")(
      function* (request: HttpServerRequest.HttpServerRequest) {
        const { body, signature } = yield* read(request)
        yield* verifier.verify(signature, body)
        const { delivery, event } = yield* Effect.fromResult(nameOf(request.headers))
        const { said, text } = yield* Effect.fromResult(decode(event, body))
        const bot = yield* identity.current
        const receipt = yield* inbox.accept({
          delivery,
          bodyHash: yield* digest.digestHex(Digest.sha256, body),
          event,
          action: said.action,
          body: text,
          subject: subjectOf(said, bot),
          ignored: screen(said, { bot, repositories })
        })
        yield* logReceipt(receipt)
        return HttpServerResponse.jsonUnsafe(receipt)
      },
      Effect.catchTags({
        InvalidSignature: ({ message }) => Effect.fail(unauthorized(message)),
        StoreUnavailable: (error) =>
          Effect.andThen(
            Effect.logError("Delivery cannot be stored", error),
            Effect.fail(unavailable("The delivery cannot be stored now", RETRY_WHEN_STORE_FAILS))
          )
      }),
      Effect.catchTag("Refusal", (refusal) => Effect.as(logRefusal(refusal), refusalResponse(refusal)))
    )

    yield* router.add("POST", WEBHOOK_PATH, (request) =>
      Effect.map(
        places.withPermitsIfAvailable(1)(receive(request)),
        Option.getOrElse(() => refusalResponse(busy))
      )
    )
  })
)

const subjectOf = ({ issue: event }: WebhookEvent, bot: Bot): Incoming["subject"] =>
  event === null
    ? null
    : {
        taskId: taskIdOf(event.repository.id, event.issue.number),
        fullName: event.repository.fullName,
        assigned: event.issue.assignees.some((user) => isBot(bot, user))
      }

const logReceipt = ({ action, delivery, event, reason, status, task }: Receipt) =>
  (status === "ignored"
    ? Effect.annotateLogs(Effect.logDebug("Delivery ignored"), { reason })
    : Effect.logInfo("Delivery accepted")
  ).pipe(Effect.annotateLogs({ delivery, event, action, task, status }))

/** Before the signature is checked anyone can cause a refusal, so only what was signed is worth a line. */
const logRefusal = ({ detail, status }: Refusal) =>
  (status === UNPROCESSABLE ? Effect.logWarning("Delivery refused") : Effect.logDebug("Request refused")).pipe(
    Effect.annotateLogs({ status, detail })
  )
