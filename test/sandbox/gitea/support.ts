import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { Array, Context, Effect, Layer, Ref, Schema } from "effect"
import { HttpClient, HttpClientRequest, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"
import { SandboxGitea } from "../../../src/sandbox/gitea/SandboxGitea.ts"

export interface Received {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

/** A webhook receiver on a loopback port, which keeps what it gets and answers with `answer`. */
export class Receiver extends Context.Service<
  Receiver,
  { readonly url: string; readonly port: number; readonly received: Effect.Effect<ReadonlyArray<Received>> }
>()("mosaic-coordinator/test/sandbox/gitea/support/Receiver") {
  static readonly layerWith = (
    port: number,
    answer: Effect.Effect<HttpServerResponse.HttpServerResponse> = Effect.succeed(HttpServerResponse.text("noted"))
  ) =>
    Layer.effect(
      Receiver,
      Effect.gen(function* () {
        const server = yield* HttpServer.HttpServer
        const received = yield* Ref.make<ReadonlyArray<Received>>([])
        yield* server.serve(
          Effect.gen(function* () {
            const request = yield* HttpServerRequest.HttpServerRequest
            const body = new Uint8Array(yield* request.arrayBuffer)
            yield* Ref.update(received, Array.append({ headers: { ...request.headers }, body }))
            return yield* Effect.interruptible(answer)
          })
        )
        const url = HttpServer.formatAddress(server.address)
        return { url: `${url}/hook`, port: Number(new URL(url).port), received: Ref.get(received) }
      })
    ).pipe(
      Layer.provide(
        NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port, disablePreemptiveShutdown: true })
      ),
      Layer.orDie
    )

  static readonly layer = this.layerWith(0)
}

export const Client = NodeHttpClient.layerNodeHttpOptions({ keepAlive: false })

const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Unknown))

/** Calls the API as the bot, without following redirects. */
export const call = Effect.fnUntraced(function* (
  method: "GET" | "POST" | "PATCH",
  path: string,
  options: { readonly body?: unknown; readonly authorization?: string } = {}
) {
  const gitea = yield* SandboxGitea
  const client = yield* HttpClient.HttpClient
  const request = HttpClientRequest.make(method)(`${gitea.url}/api/v1${path}`).pipe(
    HttpClientRequest.setHeader("authorization", options.authorization ?? `token ${gitea.bot.token}`),
    options.body === undefined ? (it) => it : HttpClientRequest.bodyJsonUnsafe(options.body)
  )
  const response = yield* client.execute(request)
  const text = yield* response.text
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : decodeJson(text) }
})

const Payload = Schema.fromJsonString(
  Schema.Struct({
    action: Schema.String,
    changes: Schema.optionalKey(Schema.Unknown),
    issue: Schema.Struct({
      state: Schema.String,
      title: Schema.String,
      comments: Schema.Int,
      assignees: Schema.NullOr(Schema.Array(Schema.Struct({ login: Schema.String }))),
      labels: Schema.Array(Schema.Struct({ name: Schema.String }))
    }),
    sender: Schema.Struct({ id: Schema.Int, login: Schema.String })
  })
)

export const textOf = ({ body }: Received): string => new TextDecoder().decode(body)

export const payloadOf = (received: Received): typeof Payload.Type => Schema.decodeSync(Payload)(textOf(received))

/** "assigned to mosaic", the deliveries as a reader would tell them. */
export const story = (all: ReadonlyArray<Received>): ReadonlyArray<string> =>
  all
    .map(payloadOf)
    .map(({ action, issue }) => `${action} ${(issue.assignees ?? []).map((it) => it.login).join("+")}`.trim())
