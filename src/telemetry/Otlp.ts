import { ConfigProvider, Effect, Layer, Option, Redacted, Tracer } from "effect"
import { FetchHttpClient, HttpBody } from "effect/http"
import * as Otlp from "effect/observability/Otlp"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import { redact } from "../domain/Redaction.ts"
import { secretsOf } from "../Settings.ts"
import type { SettingsValues } from "../Settings.ts"
import { Exporting } from "./Tracing.ts"
import { VERSION } from "./Version.ts"

/** For each of the three signals, one after the other: a collector that hangs must not use up the time a stop may take. */
const LAST_WORDS = "1 second"

/** JSON without a secret, whatever a log line or an error of a span repeats. */
const redacting = (secrets: ReadonlyArray<string>) =>
  Layer.effect(
    OtlpSerialization.OtlpSerialization,
    Effect.map(OtlpSerialization.OtlpSerialization, (json) => {
      const clean = (body: HttpBody.HttpBody) => {
        if (body._tag !== "Uint8Array") return body
        return HttpBody.text(redact(secrets, new TextDecoder().decode(body.body)), "application/json")
      }
      return {
        traces: (spans) => clean(json.traces(spans)),
        metrics: (metrics) => clean(json.metrics(metrics)),
        logs: (logs) => clean(json.logs(logs))
      }
    })
  ).pipe(Layer.provide(OtlpSerialization.layerJson))

/** A statement or a claim outside of any work, the uptime's beat for instance, is not worth a trace. */
const isWorthATrace = (name: string, parent: Option.Option<unknown>) =>
  Option.isSome(parent) || !/^(sql\.|Tasks\.claim$)/.test(name)

const sampling = Layer.effect(
  Tracer.Tracer,
  Effect.map(Tracer.Tracer, (tracer) =>
    Tracer.make({
      span: (options) =>
        tracer.span({ ...options, sampled: options.sampled && isWorthATrace(options.name, options.parent) }),
      context: tracer.context
    })
  )
)

/** Traces, metrics and log lines to a collector, as OTLP over HTTP. */
export const layer = (endpoint: string, settings: SettingsValues) =>
  sampling.pipe(
    Layer.provideMerge(
      Otlp.layer({
        baseUrl: endpoint,
        headers: settings.otlpHeaders === null ? {} : Redacted.value(settings.otlpHeaders),
        resource: { serviceName: "mosaic-coordinator", serviceVersion: VERSION },
        loggerMergeWithExisting: true,
        shutdownTimeout: LAST_WORDS
      })
    ),
    Layer.provide([
      redacting(secretsOf(settings)),
      FetchHttpClient.layer,
      // Everything is in the settings.
      ConfigProvider.layer(ConfigProvider.fromUnknown({}))
    ]),
    Layer.merge(Layer.succeed(Exporting, true))
  )
