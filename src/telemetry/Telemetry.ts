import { Effect, Layer } from "effect"
import { Settings } from "../Settings.ts"
import * as Log from "./Log.ts"

/** To a collector, where there is one. What it takes is loaded only then. */
export const Export = Layer.unwrap(
  Effect.gen(function* () {
    const settings = yield* Settings
    const { otlpEndpoint } = settings
    if (otlpEndpoint === null) return Layer.empty
    const Otlp = yield* Effect.promise(() => import("./Otlp.ts"))
    return Otlp.layer(otlpEndpoint, settings)
  })
)

/** What the process tells of itself: log lines, and all that a collector is sent. */
export const Telemetry = Export.pipe(Layer.provideMerge(Log.layer))
