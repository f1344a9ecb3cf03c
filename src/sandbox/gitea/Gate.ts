import { NodeHttpServerRequest } from "@effect/platform-node"
import { Effect, Exit, Option, Stream } from "effect"
import type { HttpServerResponse as Response } from "effect/http"
import { HttpBody, HttpRouter, HttpServer, HttpServerError, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Bot } from "./Bot.ts"
import type { GiteaFault } from "./Faults.ts"
import { Faults } from "./Faults.ts"
import { Manner } from "./Manner.ts"
import { internalError, Refusal, refusalResponse } from "./Refusal.ts"
import { RequestLog } from "./RequestLog.ts"
import { scopeRefusal } from "./Scopes.ts"

/** What every API call passes: the log, then planned faults, then the token and its scopes. */
export const Gate = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const bot = yield* Bot
    const faults = yield* Faults
    const log = yield* RequestLog
    const manner = yield* Manner
    const url = HttpServer.formatAddress((yield* HttpServer.HttpServer).address)

    yield* router.addGlobalMiddleware((route) =>
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const call = { method: request.method, path: pathOf(request.url) }
        const { revoked, scopes } = yield* manner.current
        const refusal =
          revoked || !isAuthorized(request, bot.token) ? unauthorized : scopeRefusal(call.method, call.path, scopes)
        const admitted = refusal === null ? route : Effect.succeed(refusalResponse(url, refusal))
        const fault = yield* faults.strike(`${call.method} ${call.path}`)
        return yield* Option.match(fault, {
          onNone: () => admitted,
          onSome: (it) => suffer(url, request, it, admitted)
        }).pipe(Effect.onExit((exit) => log.add({ ...call, status: statusOf(exit) })))
      })
    )
  })
)

const unauthorized = new Refusal({ status: 401, message: "token is required" })

const pathOf = (target: string): string => target.replace(/\?.*$/, "")

const isAuthorized = (request: HttpServerRequest.HttpServerRequest, token: string): boolean =>
  /^(?:token|bearer) (.+)$/i.exec(request.headers["authorization"] ?? "")?.[1] === token

/** The server runs its handlers uninterruptibly and opens only the inside of a route. */
const untilClientGoes = Effect.interruptible(Effect.never)

/** The head of an answer and half of its bytes, and then what `instead` does of the rest. An answer without a body is whole. */
const begun = (response: Response.HttpServerResponse, instead: Effect.Effect<void>): Response.HttpServerResponse => {
  const { body } = response
  if (body._tag !== "Uint8Array") return response
  const half = body.body.slice(0, body.contentLength / 2)
  const stream = Stream.concat(Stream.make(half), Stream.fromEffectDrain(Effect.andThen(instead, Effect.never)))
  return HttpServerResponse.setBody(response, HttpBody.stream(stream, body.contentType, body.contentLength))
}

const suffer = <E, R>(
  url: string,
  request: HttpServerRequest.HttpServerRequest,
  fault: GiteaFault,
  admitted: Effect.Effect<Response.HttpServerResponse, E, R>
): Effect.Effect<Response.HttpServerResponse, E, R> => {
  const { socket } = NodeHttpServerRequest.toIncomingMessage(request)
  switch (fault.kind) {
    case "hang":
      return untilClientGoes
    case "reset":
      return Effect.andThen(
        Effect.sync(() => socket.destroy()),
        untilClientGoes
      )
    case "doneThenStatus":
      return Effect.as(admitted, HttpServerResponse.setStatus(refusalResponse(url, internalError), fault.status))
    case "doneThenHang":
      return Effect.andThen(admitted, untilClientGoes)
    case "doneThenCut":
      // Not at once: what was written would be lost with the socket.
      return Effect.map(admitted, (response) =>
        begun(
          response,
          Effect.sync(() => socket.destroySoon())
        )
      )
    case "doneThenDribble":
      return Effect.map(admitted, (response) => begun(response, Effect.void))
    case "status":
      return Effect.succeed(
        (fault.body === undefined ? refusalResponse(url, internalError) : HttpServerResponse.text(fault.body)).pipe(
          HttpServerResponse.setStatus(fault.status),
          HttpServerResponse.setHeaders(fault.headers ?? {})
        )
      )
  }
}

const statusOf = <E>(exit: Exit.Exit<Response.HttpServerResponse, E>): number =>
  Exit.hasInterrupts(exit) ? 0 : HttpServerError.exitResponse(exit).status
