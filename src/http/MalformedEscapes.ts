import { Effect, Result } from "effect"
import { HttpRouter, HttpServerRequest } from "effect/http"

/** Where the router, too, takes the path to end. */
const PATH = /^[^?;#]*/

/** With the percent signs of its path for themselves, where they are no escapes. */
const readable = (url: string): string =>
  url.replace(PATH, (path) =>
    Result.isSuccess(Result.try(() => decodeURI(path))) ? path : path.replaceAll("%", "%25")
  )

/**
 * The router finds no route, not even `*`, for a path that cannot be decoded, and answers 404 without a body. Which routes such a
 * path would belong to is not known before, so this is around all of them.
 */
export const MalformedEscapes = HttpRouter.middleware(
  (handled) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      request.url.includes("%")
        ? Effect.provideService(
            handled,
            HttpServerRequest.HttpServerRequest,
            request.modify({ url: readable(request.url) })
          )
        : handled
    ),
  { global: true }
)
