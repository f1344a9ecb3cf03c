import { Effect, Redacted } from "effect"
import { Mac } from "effect/crypto"
import { HttpRouter, HttpServerRequest, HttpServerRespondable, HttpServerResponse } from "effect/http"
import { ForeignOrigin, Unauthorized } from "./api/Problems.ts"
import { decide } from "./OperatorRule.ts"
import type { Caller, Verdict } from "./OperatorRule.ts"
import { OperatorToken } from "./OperatorToken.ts"

const BEARER = /^bearer +([\x21-\x7e]+) *$/i

const refusals: Readonly<Record<Exclude<Verdict, "allowed">, HttpServerRespondable.Respondable>> = {
  "token needed": new Unauthorized({
    detail:
      "Send the operator token as a bearer token: OPERATOR_TOKEN, or the one in the file that the log names at start",
    field: "Authorization"
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
    const mac = yield* Mac.Mac
    const bytes = (text: string) => new TextEncoder().encode(text)

    // Compared by their HMACs under the token itself, so that neither length nor content shows in the time it takes.
    const token = bytes(Redacted.value(yield* OperatorToken))
    const key = yield* Effect.orDie(Mac.key(Mac.hmacSha256, token))
    const tag = yield* Effect.orDie(mac.sign(key, token))
    const compare = (header: string | undefined) =>
      Effect.map(mac.verify(key, tag, bytes(BEARER.exec(header ?? "")?.[1] ?? "")), (same) =>
        same ? ("right" as const) : ("wrong" as const)
      ).pipe(Effect.orDie)

    const callerOf = ({ headers }: HttpServerRequest.HttpServerRequest): Effect.Effect<Caller> =>
      Effect.map(compare(headers["authorization"]), (token) => ({
        host: headers["host"],
        origin: headers["origin"],
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
