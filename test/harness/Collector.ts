import { NodeHttpServer } from "@effect/platform-node"
import { Context, Effect, Layer, Ref, Schema } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { Headers } from "effect/http"
import { createServer } from "node:http"

const Span = Schema.Struct({
  traceId: Schema.String,
  spanId: Schema.String,
  parentSpanId: Schema.String.pipe(Schema.optionalKey),
  name: Schema.String
})
export type Span = typeof Span.Type

const Traces = Schema.Struct({
  resourceSpans: Schema.Array(Schema.Struct({ scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Span) })) }))
})
const decodeTraces = Schema.decodeSync(Schema.fromJsonString(Traces))

interface Post {
  readonly path: string
  readonly headers: Headers.Headers
  readonly text: string
}

const spansOf = ({ text }: Post): ReadonlyArray<Span> =>
  decodeTraces(text).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))

/** What a collector of OpenTelemetry was sent, on loopback. */
export class Collector extends Context.Service<
  Collector,
  {
    readonly url: string
    /** Everything, in order of arrival. */
    readonly posts: Effect.Effect<ReadonlyArray<Post>>
    readonly spans: Effect.Effect<ReadonlyArray<Span>>
  }
>()("mosaic-coordinator/test/harness/Collector") {
  static readonly layer = Layer.effect(
    Collector,
    Effect.gen(function* () {
      const posts = yield* Ref.make<ReadonlyArray<Post>>([])
      const take = Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const text = yield* request.text
        yield* Ref.update(posts, (all) => [...all, { path: request.url, headers: request.headers, text }])
        return HttpServerResponse.jsonUnsafe({})
      })
      const server = HttpRouter.serve(HttpRouter.add("POST", "/v1/:signal", take), {
        disableLogger: true,
        disableListenLog: true
      }).pipe(Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port: 0 })))
      const { address } = Context.get(yield* Layer.build(server), HttpServer.HttpServer)
      const traces = Effect.map(Ref.get(posts), (all) => all.filter(({ path }) => path === "/v1/traces"))
      return {
        url: HttpServer.formatAddress(address),
        posts: Ref.get(posts),
        spans: Effect.map(traces, (all) => all.flatMap(spansOf))
      }
    })
  ).pipe(Layer.orDie)
}
