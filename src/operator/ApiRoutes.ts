import { Effect, Layer, Scope } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder, HttpApiSwagger } from "effect/http-api"
import { OperatorApi } from "./api/OperatorApi.ts"
import { ApiHandlers } from "./ApiHandlers.ts"

const DOCUMENT_PATH = "/api/openapi.json"
const DOCS_PATH = "/api/docs"
const METHODS = ["GET"] as const

/** The page brings all it needs, and the browser is told to fetch nothing else. */
const OFFLINE =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'"

/** Two megabytes of page, loaded with the first request for it: whoever does not read it does not pay for it. */
const Docs = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    // A router of its own: with the memo map at hand it would be the one this route is in.
    const load = HttpRouter.toHttpEffect(HttpApiSwagger.layer(OperatorApi, { path: DOCS_PATH })).pipe(
      Effect.provideServiceEffect(Layer.CurrentMemoMap, Layer.makeMemoMap)
    )
    // To its end even when that request is given up: an interruption would be kept as the page.
    const page = yield* load.pipe(Scope.provide(yield* Effect.scope), Effect.uninterruptible, Effect.cached)
    const show = Effect.map(Effect.flatten(page), HttpServerResponse.setHeader("content-security-policy", OFFLINE))
    yield* router.add("GET", DOCS_PATH, show)
  })
)

const pathsOf = () => {
  const paths: Array<string> = [DOCUMENT_PATH, DOCS_PATH]
  HttpApi.reflect(OperatorApi, { onGroup: () => {}, onEndpoint: ({ endpoint }) => void paths.push(endpoint.path) })
  return paths
}

/** The methods of every path of the operator API, as the router knows them: `/api/tasks/:repository/:issue`. */
export const API_METHODS = Object.fromEntries(pathsOf().map((path) => [path, METHODS]))

/** The operator API, its OpenAPI document, and a page about it that needs no network. */
export const ApiRoutes = Layer.mergeAll(
  HttpApiBuilder.layer(OperatorApi, { openapiPath: DOCUMENT_PATH }).pipe(Layer.provide(ApiHandlers)),
  Docs
)
