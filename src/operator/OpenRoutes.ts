import { Effect, Layer, Schedule } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import * as Metrics from "../telemetry/Metrics.ts"
import { Exporting } from "../telemetry/Tracing.ts"
import { VERSION } from "../telemetry/Version.ts"
import { Gauges } from "./Gauges.ts"
import { Readiness } from "./Readiness.ts"

const HEALTH_METHODS = ["GET", "HEAD"] as const
const METRICS_PATH = "/metrics"
/** As often as a collector is sent them. */
const EXPORT = Schedule.spaced("10 seconds")

/** Every path here and its methods. */
export const OPEN_METHODS = { "/health": HEALTH_METHODS, "/health/ready": HEALTH_METHODS, [METRICS_PATH]: ["GET"] }

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
      HEALTH_METHODS.flatMap((method) => [
        HttpRouter.route(method, "/health", HEALTHY),
        HttpRouter.route(method, "/health/ready", ready)
      ])
    )
  })
)

/** `GET /metrics`: everything in src/telemetry/Metrics.ts as Prometheus text. */
export const MetricsRoutes = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const { refresh } = yield* Gauges
    yield* Metrics.registerAll
    const answer = Effect.map(Effect.andThen(refresh, PrometheusMetrics.format()), (text) =>
      HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })
    )
    yield* router.add("GET", METRICS_PATH, answer)
    // Otherwise the gauges are set when somebody asks here.
    if (yield* Exporting) yield* refresh.pipe(Effect.repeat(EXPORT), Effect.forkScoped)
  })
).pipe(Layer.provide(Gauges.layer))

/** What answers whoever reaches the port, without a token. */
export const OpenRoutes = Layer.mergeAll(HealthRoutes, MetricsRoutes)
