import { Effect, Option, Redacted } from "effect"
import { Mac } from "effect/crypto"
import { HttpRouter, HttpServerRequest, HttpServerRespondable, HttpServerResponse } from "effect/http"
import { Settings } from "../Settings.ts"
import { ForeignOrigin, Unauthorized } from "./api/Problems.ts"
import { decide } from "./OperatorRule.ts"
import type { Caller, Verdict } from "./OperatorRule.ts"

const BEARER = /^bearer +([\x21-\x7e]+) *$/i

const refusals: Readonly<Record<Exclude<Verdict, "allowed">, HttpServerRespondable.Respondable>> = {
  "token needed": new Unauthorized({ detail: "Send OPERATOR_TOKEN as a bearer token", field: "Authorization" }),
  "not local": new Unauthorized({
    detail: "Set OPERATOR_TOKEN and send it as a bearer token: without it only direct requests to loopback are answered"
  }),
  "foreign origin": new ForeignOrigin({ detail: "Cross-origin requests are not allowed", field: "Origin" })
}

const refuse = (verdict: Exclude<Verdict, "allowed">) =>
  Effect.map(HttpServerRespondable.toResponse(refusals[verdict]), (response) =>
    verdict === "foreign origin" ? response : HttpServerResponse.setHeader(response, "www-authenticate", "Bearer")
  )

/** The operator rule, around every route it is provided to. Nothing of these answers is for a cache to keep. */
export const OperatorAccess = HttpRouter.middleware(
  Effect.gen(function* () {
    const { operatorToken } = yield* Settings
    const mac = yield* Mac.Mac
    const bytes = (text: string) => new TextEncoder().encode(text)

    // Compared by their HMACs under the token itself, so that neither length nor content shows in the time it takes.
    const compare =
      operatorToken === null
        ? () => Effect.succeed("unset" as const)
        : yield* Effect.gen(function* () {
            const token = bytes(Redacted.value(operatorToken))
            const key = yield* Mac.key(Mac.hmacSha256, token)
            const tag = yield* mac.sign(key, token)
            return (header: string | undefined) =>
              Effect.map(mac.verify(key, tag, bytes(BEARER.exec(header ?? "")?.[1] ?? "")), (same) =>
                same ? ("right" as const) : ("wrong" as const)
              ).pipe(Effect.orDie)
          }).pipe(Effect.orDie)

    const callerOf = ({ headers, peerAddress }: HttpServerRequest.HttpServerRequest): Effect.Effect<Caller> =>
      Effect.map(compare(headers["authorization"]), (token) => ({
        peer: Option.getOrNull(peerAddress),
        host: headers["host"],
        origin: headers["origin"],
        headers: Object.keys(headers),
        token
      }))

    return (answer) =>
      HttpServerRequest.HttpServerRequest.pipe(
        Effect.flatMap(callerOf),
        Effect.map(decide),
        Effect.flatMap((verdict) => (verdict === "allowed" ? answer : refuse(verdict))),
        Effect.map(HttpServerResponse.setHeader("cache-control", "no-store"))
      )
  })
)
