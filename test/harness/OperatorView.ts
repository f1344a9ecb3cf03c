import { NodeHttpClient } from "@effect/platform-node"
import { Effect } from "effect"
import type { Schema } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { OperatorToken } from "../../src/operator/OperatorToken.ts"
import { Coordinator } from "./Harness.ts"

/** What the server tells operators, over its socket. */
export const operatorView = Effect.gen(function* () {
  const { url } = yield* Coordinator
  const token = yield* OperatorToken
  const ask = (path: string) =>
    HttpClient.execute(HttpClientRequest.bearerToken(HttpClientRequest.get(`${url}${path}`), token)).pipe(
      Effect.flatMap(HttpClientResponse.filterStatusOk)
    )
  const Client = NodeHttpClient.layerNodeHttpOptions({ keepAlive: false })
  return {
    get: <A>(path: string, body: Schema.Codec<A, unknown>): Effect.Effect<A> =>
      ask(path).pipe(Effect.flatMap(HttpClientResponse.schemaBodyJson(body)), Effect.orDie, Effect.provide(Client)),
    /** What a series of the metrics is at, null where there is none. */
    figure: (series: string): Effect.Effect<number | null> =>
      ask("/metrics").pipe(
        Effect.flatMap(({ text }) => text),
        Effect.map((text) => {
          const line = text.split("\n").find((one) => one.startsWith(`${series} `))
          return line === undefined ? null : Number(line.slice(series.length + 1))
        }),
        Effect.orDie,
        Effect.provide(Client)
      )
  }
})
