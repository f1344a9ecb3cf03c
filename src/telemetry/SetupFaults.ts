import { Clock, Context, Duration, Effect, Layer } from "effect"
import { say } from "./Trouble.ts"

/** How long a mistake is worth knowing after it showed last. */
const REMEMBERED = Duration.toMillis(Duration.days(1))
/** Strangers can cause some of them at will, so two lines about one are so far apart at least. */
const BETWEEN_LINES = Duration.toMillis(Duration.minutes(1))

/** Each as its line in the log begins. */
const LINES = {
  signature: { says: "Requests failed verification" },
  size: { says: "Delivery too large" },
  repository: { says: "Assigned in a repository that is not allowed" },
  pullRequest: { says: "Assigned to a pull request" },
  twoFactor: { says: "Two-factor authentication keeps the bot out" },
  renamed: { says: "The bot was renamed" },
  endless: { says: "A list of Gitea's does not end" }
} as const
export type SetupFault = keyof typeof LINES

interface Standing {
  /** The cause and the cure, one sentence. It may be read without a token, so it names no repository. */
  readonly why: string
  /** When it showed last, and when it was said last (milliseconds). */
  readonly at: number
  readonly said: number
}

/**
 * Mistakes in the set-up that show only while the service runs. Each is said once in the log, and again when its reason changes; it
 * is kept for readiness until it is over, or has not shown for a day.
 */
export interface SetupFaultsService {
  /** It shows. `details` are for the log alone. */
  found(fault: SetupFault, why: string, details?: Readonly<Record<string, unknown>>): Effect.Effect<void>
  /** It is known to be mended. */
  over(fault: SetupFault): Effect.Effect<void>
  /** Those that stand, oldest first. */
  readonly standing: Effect.Effect<ReadonlyArray<{ readonly fault: SetupFault; readonly why: string }>>
  /** When it showed last, mended since or not (milliseconds); null: never. */
  lastShown(fault: SetupFault): Effect.Effect<number | null>
}

const make = (): SetupFaultsService => {
  const standings = new Map<SetupFault, Standing>()
  const shown = new Map<SetupFault, number>()
  return {
    found: Effect.fnUntraced(function* (fault, why, details = {}) {
      const at = yield* Clock.currentTimeMillis
      const before = standings.get(fault)
      const isNews = before?.why !== why && Math.abs(at - (before?.said ?? -Infinity)) >= BETWEEN_LINES
      standings.set(fault, { why, at, said: isNews ? at : (before?.said ?? at) })
      shown.set(fault, at)
      yield* say(isNews, LINES[fault]).pipe(Effect.annotateLogs({ why, ...details }))
    }),
    over: (fault) => Effect.sync(() => void standings.delete(fault)),
    standing: Effect.map(Clock.currentTimeMillis, (now) =>
      [...standings].flatMap(([fault, { at, why }]) => (now - at < REMEMBERED ? [{ fault, why }] : []))
    ),
    lastShown: (fault) => Effect.sync(() => shown.get(fault) ?? null)
  }
}

const silent: SetupFaultsService = {
  found: () => Effect.void,
  over: () => Effect.void,
  standing: Effect.succeed([]),
  lastShown: () => Effect.succeed(null)
}

const Reference = Context.Reference<SetupFaultsService>("mosaic-coordinator/telemetry/SetupFaults", {
  defaultValue: () => silent
})

/** See `SetupFaultsService`; says and keeps nothing where it is not provided. */
export const SetupFaults = Object.assign(Reference, { layer: Layer.sync(Reference, make) })
