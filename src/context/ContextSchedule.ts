import { Context, Effect, Layer, Schedule } from "effect"
import { Settings } from "../Settings.ts"

/** How often the context of every live session is looked at. */
export class ContextSchedule extends Context.Service<ContextSchedule, { readonly looks: Schedule.Schedule<unknown> }>()(
  "mosaic-coordinator/context/ContextSchedule"
) {
  static readonly layerDefault = Layer.succeed(ContextSchedule, { looks: Schedule.spaced("10 seconds") })

  /** Every `CONTEXT_POLL_INTERVAL`, which is ten seconds unless it is set. */
  static readonly layer = Layer.effect(
    ContextSchedule,
    Effect.map(Settings, ({ contextPollInterval }) => ({ looks: Schedule.spaced(contextPollInterval) }))
  )
}
