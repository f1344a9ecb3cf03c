import { Effect } from "effect"
import type { Layer } from "effect"
import { HttpRouter } from "effect/http"

/** What `toWebHandler` brings. */
type Brought = HttpRouter.HttpRouter | HttpRouter.Request<"Error", unknown> | HttpRouter.Request<"GlobalError", unknown>

/** Asks the routes, all in one server without a socket, until the scope ends. */
export const webServer = Effect.fnUntraced(function* <E>(routes: Layer.Layer<never, E, Brought>) {
  const { dispose, handler } = HttpRouter.toWebHandler(routes, { disableLogger: true })
  yield* Effect.addFinalizer(() => Effect.promise(dispose))
  return Effect.fnUntraced(function* (path: string, init: RequestInit = {}) {
    const response = yield* Effect.promise(() => handler(new Request(`http://coordinator.test${path}`, init)))
    const text = yield* Effect.promise(() => response.text())
    return { status: response.status, headers: response.headers, type: response.headers.get("content-type"), text }
  })
})
