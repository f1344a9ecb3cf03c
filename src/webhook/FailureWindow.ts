/** Failed verifications an address may have within the window before it is told to wait. */
export const FAILURE_LIMIT = 60
/** Milliseconds. */
export const FAILURE_WINDOW = 60_000
/** Addresses kept; the one that failed longest ago goes first. */
export const MAX_ADDRESSES = 10_000

/** When an address failed, oldest first, as far as it can still matter. */
export type FailureWindow = ReadonlyArray<number>

/** The window after one more failure at `now`. A time that is still to come was told by a clock that has since been set back. */
export const failAgain = (window: FailureWindow, now: number): FailureWindow =>
  [...window.filter((at) => at > now - FAILURE_WINDOW && at <= now), now].slice(-FAILURE_LIMIT - 1)

/** Milliseconds from `now` until one more failure would be within the limit again; null while the last one was. */
export const waitAfter = (window: FailureWindow, now: number): number | null =>
  window.length > FAILURE_LIMIT ? (window.at(-FAILURE_LIMIT) ?? now) + FAILURE_WINDOW - now : null

/** Notes a failure of an address at `now`, and gives its window. `windows` is kept in the order of the last failure, and bounded. */
export const noteFailure = (windows: Map<string, FailureWindow>, address: string, now: number): FailureWindow => {
  const window = failAgain(windows.get(address) ?? [], now)
  windows.delete(address)
  windows.set(address, window)
  const [oldest] = windows.keys()
  if (windows.size > MAX_ADDRESSES && oldest !== undefined) windows.delete(oldest)
  return window
}
