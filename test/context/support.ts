import { Effect, Layer, Ref } from "effect"
import { ContextMonitor } from "../../src/context/ContextMonitor.ts"
import type { UsageLog } from "../../src/context/UsageLog.ts"
import type { LiveSession } from "../../src/context/LiveSessions.ts"
import type { SettingsValues } from "../../src/Settings.ts"
import { mocks } from "../harness/Mocks.ts"
import { settings } from "../harness/TestSettings.ts"

/** Starts the monitor over these sessions; it stops with the test. */
export const watch = (
  live: ReadonlyArray<LiveSession>,
  options: { readonly samples?: Layer.Layer<UsageLog>; readonly settings?: Partial<SettingsValues> } = {}
) =>
  Layer.build(
    ContextMonitor.pipe(
      Layer.provide([
        mocks.LiveSessions({ live: Effect.succeed(live) }),
        options.samples ?? mocks.UsageLog({ sample: () => Effect.succeed("continue" as const) }),
        settings(options.settings)
      ])
    )
  )

/** An effect that counts how often it ran. */
export const counted = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.map(Ref.make(0), (runs) => ({
    runs: Ref.get(runs),
    effect: Effect.andThen(
      Ref.update(runs, (count) => count + 1),
      effect
    )
  }))
