import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { Readiness } from "./Readiness.ts"
import { VERSION } from "./Version.ts"

const HEALTHY = HttpServerResponse.jsonUnsafe({ status: "healthy", version: VERSION })

/** `GET /health` while the process lives; `GET /health/ready` with every component and why it is not well. */
export const HealthRoutes = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const readiness = yield* Readiness
    const ready = Effect.map(readiness.report, ({ ready, components }) =>
      HttpServerResponse.jsonUnsafe(
        { status: ready ? "ready" : "unavailable", version: VERSION, components },
        { status: ready ? 200 : 503 }
      )
    )
    yield* router.add("GET", "/health", Effect.succeed(HEALTHY))
    yield* router.add("GET", "/health/ready", ready)
  })
)
