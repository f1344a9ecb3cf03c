/** Failed verifications an address may have within the window before it is told to wait. */
export const FAILURE_LIMIT = 60
/** Milliseconds. */
export const FAILURE_WINDOW = 60_000
/** Addresses kept; the one that failed longest ago goes first. */
export const MAX_ADDRESSES = 10_000

/** When an address failed, oldest first, as far as it can still matter. */
export type FailureWindow = Array<number>

/**
 * Adds a failure at `now`, in place: a flood makes thousands of them a second. A time that is still to come was told by a clock that
 * has since been set back.
 */
export const failAgain = (window: FailureWindow, now: number): void => {
  while ((window.at(-1) ?? now) > now) window.pop()
  window.push(now)
  while (window.length > FAILURE_LIMIT + 1 || (window[0] ?? now) <= now - FAILURE_WINDOW) window.shift()
}

/** Milliseconds from `now` until one more failure would be within the limit again; null while the last one was. */
export const waitAfter = (window: Readonly<FailureWindow>, now: number): number | null =>
  window.length > FAILURE_LIMIT ? (window.at(-FAILURE_LIMIT) ?? now) + FAILURE_WINDOW - now : null

/** Notes a failure of an address at `now`, and gives its window. `windows` is kept in the order of the last failure, and bounded. */
export const noteFailure = (windows: Map<string, FailureWindow>, address: string, now: number): FailureWindow => {
  const window = windows.get(address) ?? []
  failAgain(window, now)
  windows.delete(address)
  windows.set(address, window)
  const [oldest] = windows.keys()
  if (windows.size > MAX_ADDRESSES && oldest !== undefined) windows.delete(oldest)
  return window
}
