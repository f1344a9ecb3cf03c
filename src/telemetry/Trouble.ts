import { Clock, Duration, Effect } from "effect"

/** Rests after trouble: an outage passes by itself, what was refused is likely to be refused again, and the store is on this machine. */
export const AFTER_OUTAGE = Duration.seconds(30)
export const AFTER_REFUSAL = Duration.minutes(5)
export const AFTER_FAULT = Duration.seconds(5)
export const AFTER_STORE = Duration.seconds(1)
/** Refusals in a row that are waited out, five minutes each: an hour of them. */
const REFUSALS = 12
const LONGEST_REST = Duration.minutes(5)
/** Things in trouble that are remembered; of more, the oldest are forgotten, and at worst said again. */
const MOST_KEPT = 10_000

export const isHopeless = (refusals: number): boolean => refusals > REFUSALS

/** Twice as long each time, `count` from 1 on, and five minutes at most. */
export const backoff = (first: Duration.Duration, count: number): Duration.Duration =>
  Duration.min(LONGEST_REST, Duration.times(first, 2 ** (count - 1)))

/** Trouble with one thing, for as long as it goes on. */
interface Standing {
  /** Failures in a row, and how many of them were refusals. */
  readonly count: number
  readonly refusals: number
  readonly kind: string
  readonly rest: Duration.Duration
  /** When the rest ends, on the clock that only goes on (nanoseconds). */
  readonly until: bigint
}

interface Failure {
  /** Logged with the sentence. */
  readonly error?: unknown
  /** Trouble of another kind is news. */
  readonly kind?: string
  readonly isRefusal?: boolean
}

/** What goes wrong with things of one sort, each by its key: said once and not again until it changes or is over. */
export interface Trouble<Key> {
  /** Notes a failure, says it at debug unless it is news, and tells how the thing stands now. */
  met(key: Key, failure: Failure): Effect.Effect<Standing>
  /** It works. */
  over(key: Key): Effect.Effect<void>
  has(key: Key): boolean
  /** Whether the rest after its last failure still lasts, by the clock that only goes on (`monotonicTimeNanos`). */
  rests(key: Key, now: bigint): boolean
  /** Forgets all others. */
  keepOnly(keys: Iterable<Key>): void
}

export interface Wording {
  readonly says: string
  /** Said when it is over; otherwise that is not said. */
  readonly saysOver?: string
  readonly level?: "Warn" | "Error"
  /** The first rest, doubled with each failure in a row. */
  readonly first?: Duration.Duration
}

/** Says trouble where it is news, for those that remember elsewhere what was said. */
export const say = (isNews: boolean, { level = "Warn", says }: Wording, error?: unknown): Effect.Effect<void> =>
  Effect.logWithLevel(isNews ? level : "Debug")(...(error === undefined ? [says] : [says, error]))

export const makeTrouble = <Key>(wording: Wording): Trouble<Key> => {
  const { first = AFTER_FAULT, saysOver } = wording
  const standings = new Map<Key, Standing>()

  const note = (key: Key, standing: Standing) => {
    standings.set(key, standing)
    if (standings.size <= MOST_KEPT) return
    for (const oldest of standings.keys()) return void standings.delete(oldest)
  }

  return {
    met: Effect.fnUntraced(function* (key, { error, isRefusal = false, kind = "" }) {
      const now = yield* Clock.monotonicTimeNanos
      const before = standings.get(key)
      const count = (before?.count ?? 0) + 1
      const refusals = (before?.refusals ?? 0) + (isRefusal ? 1 : 0)
      const rest = backoff(first, count)
      const standing = { count, refusals, kind, rest, until: now + Duration.toNanosUnsafe(rest) }
      note(key, standing)
      yield* say(before?.kind !== kind, wording, error)
      return standing
    }),
    over: (key) =>
      Effect.suspend(() => (standings.delete(key) && saysOver !== undefined ? Effect.logInfo(saysOver) : Effect.void)),
    has: (key) => standings.has(key),
    rests: (key, now) => (standings.get(key)?.until ?? now) > now,
    keepOnly: (keys) => {
      if (standings.size === 0) return
      const kept = new Set(keys)
      standings.forEach((_, key) => kept.has(key) || standings.delete(key))
    }
  }
}
