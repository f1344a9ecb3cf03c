import { DateTime, Option } from "effect"

const positive = (millis: number): number | null => (Number.isFinite(millis) && millis > 0 ? Math.round(millis) : null)

/**
 * Milliseconds that an answer asks to wait, from its headers `retry-after-ms` and `retry-after` (seconds, or an HTTP date); null
 * where it does not ask, or asks for no wait. `now` in milliseconds since the epoch.
 */
export const retryAfterOf = (millis: string | null, secondsOrDate: string | null, now: number): number | null => {
  if (millis !== null) return positive(Number(millis))
  if (secondsOrDate === null) return null
  const seconds = Number(secondsOrDate)
  if (Number.isFinite(seconds)) return positive(seconds * 1000)
  return Option.match(DateTime.make(secondsOrDate), {
    onNone: () => null,
    onSome: (date) => positive(DateTime.toEpochMillis(date) - now)
  })
}
