import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder, HttpApiSwagger } from "effect/http-api"
import { Fallback } from "../http/Fallback.ts"
import { OperatorApi } from "./api/OperatorApi.ts"
import { ApiHandlers } from "./ApiHandlers.ts"
import { deferred } from "../http/Deferred.ts"

const DOCUMENT_PATH = "/api/openapi.json"
const DOCS_PATH = "/api/docs"
const METHODS = ["GET"] as const

/** The page brings all it needs, and the browser is told to fetch nothing else. */
const OFFLINE =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'"

/** Two megabytes of page, which whoever only asks for figures does not need. */
const Docs = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const page = yield* deferred(Effect.succeed(HttpApiSwagger.layer(OperatorApi, { path: DOCS_PATH })))
    yield* router.add(
      "GET",
      DOCS_PATH,
      Effect.map(page, HttpServerResponse.setHeader("content-security-policy", OFFLINE))
    )
  })
)

const methods = () => {
  const paths: Array<string> = [DOCUMENT_PATH, DOCS_PATH]
  HttpApi.reflect(OperatorApi, { onGroup: () => {}, onEndpoint: ({ endpoint }) => void paths.push(endpoint.path) })
  return Object.fromEntries(paths.map((path) => [path, METHODS]))
}

/** The operator API, its OpenAPI document, and a page about it that needs no network. */
export const ApiRoutes = Layer.mergeAll(
  HttpApiBuilder.layer(OperatorApi, { openapiPath: DOCUMENT_PATH }).pipe(Layer.provide(ApiHandlers)),
  Docs,
  Fallback(methods())
)
