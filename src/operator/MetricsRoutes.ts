import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import * as Metrics from "../telemetry/Metrics.ts"
import { Gauges } from "./Gauges.ts"

const PATH = "/metrics"

export const METRICS_METHODS = { [PATH]: ["GET"] }

/** `GET /metrics`: everything in src/telemetry/Metrics.ts as Prometheus text. */
export const MetricsRoutes = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const { refresh } = yield* Gauges
    yield* Metrics.registerAll
    const answer = Effect.map(Effect.andThen(refresh, PrometheusMetrics.format()), (text) =>
      HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })
    )
    yield* router.add("GET", PATH, answer)
  })
)
