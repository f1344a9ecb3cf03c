import { Effect, Layer, References } from "effect"
import { Settings } from "../Settings.ts"
import * as Log from "./Log.ts"

/** To a collector, where there is one. What it takes is loaded only then, and without it no span is made. */
export const Export = Layer.unwrap(
  Effect.gen(function* () {
    const settings = yield* Settings
    const { otlpEndpoint } = settings
    if (otlpEndpoint === null) return Layer.succeed(References.TracerEnabled, false)
    const Otlp = yield* Effect.promise(() => import("./Otlp.ts"))
    return Otlp.layer(otlpEndpoint, settings)
  })
)

/** What the process tells of itself: log lines, and all that a collector is sent. */
export const Telemetry = Export.pipe(Layer.provideMerge(Log.layer))
