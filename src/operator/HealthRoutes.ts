import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { Readiness } from "./Readiness.ts"
import { VERSION } from "../telemetry/Version.ts"

const METHODS = ["GET", "HEAD"] as const

export const HEALTH_METHODS = { "/health": METHODS, "/health/ready": METHODS }

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
    yield* router.addAll(
      METHODS.flatMap((method) => [
        HttpRouter.route(method, "/health", HEALTHY),
        HttpRouter.route(method, "/health/ready", ready)
      ])
    )
  })
)
