import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { FailureWindow } from "../../src/webhook/FailureWindow.ts"
import {
  failAgain,
  FAILURE_LIMIT,
  FAILURE_WINDOW,
  MAX_ADDRESSES,
  noteFailure,
  waitAfter
} from "../../src/webhook/FailureWindow.ts"

/** The window after failures at these times. */
const after = (times: ReadonlyArray<number>): FailureWindow => {
  const window: FailureWindow = []
  times.forEach((now) => failAgain(window, now))
  return window
}

const LONG = { arbitrary: { size: 300 } }

const steps = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2_000 }))).check(
  Schema.isMaxLength(300)
)
/** Times that grow by each step. */
const timesOf = (all: ReadonlyArray<number>): ReadonlyArray<number> =>
  all.reduce<ReadonlyArray<number>>((times, step) => [...times, (times.at(-1) ?? 0) + step], [])

describe("FailureWindow", () => {
  it("lets 60 failures a minute pass, and stops the 61st", () => {
    const sixty = Array.from({ length: FAILURE_LIMIT }, (_, index) => index)
    assert.isNull(waitAfter(after(sixty), 59))
    assert.isNotNull(waitAfter(after([...sixty, 60]), 60))
  })

  it("forgets a failure after a minute", () => {
    const sixty = Array.from({ length: FAILURE_LIMIT }, () => 0)
    assert.isNotNull(waitAfter(after([...sixty, FAILURE_WINDOW - 1]), FAILURE_WINDOW - 1))
    assert.isNull(waitAfter(after([...sixty, FAILURE_WINDOW]), FAILURE_WINDOW))
  })

  it("forgets what a clock that was set back told", () => {
    const times = Array.from({ length: FAILURE_LIMIT }, () => 10 * FAILURE_WINDOW)
    assert.deepStrictEqual(after([...times, 5]), [5])
  })

  it.prop(
    "stops a failure exactly when there were over 60 in the last minute",
    [steps],
    ([all]) => {
      const times = timesOf(all)
      const now = times.at(-1) ?? 0
      const recent = times.filter((at) => at > now - FAILURE_WINDOW).length
      assert.strictEqual(waitAfter(after(times), now) !== null, recent > FAILURE_LIMIT)
    },
    LONG
  )

  it.prop(
    "names the first moment at which one more failure would pass",
    [steps],
    ([all]) => {
      const times = timesOf(all)
      const now = times.at(-1) ?? 0
      const wait = waitAfter(after(times), now)
      if (wait === null) return
      assert.isAtMost(wait, FAILURE_WINDOW)
      assert.isNotNull(waitAfter(after([...times, now + wait - 1]), now + wait - 1))
      assert.isNull(waitAfter(after([...times, now + wait]), now + wait))
    },
    LONG
  )
})

describe("noteFailure", () => {
  const crowd = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: MAX_ADDRESSES * 2 })))

  it("keeps 10,000 addresses, and drops the one that failed longest ago", () => {
    const windows = new Map<string, FailureWindow>()
    const names = Array.from({ length: MAX_ADDRESSES }, (_, index) => `${index}`)
    names.forEach((address, now) => noteFailure(windows, address, now))
    noteFailure(windows, "0", MAX_ADDRESSES)
    noteFailure(windows, "new", MAX_ADDRESSES)
    assert.strictEqual(windows.size, MAX_ADDRESSES)
    assert.isTrue(windows.has("0"))
    assert.isFalse(windows.has("1"))
  })

  it.prop(
    "never keeps more than 10,000 addresses of 61 times, whoever comes",
    [crowd],
    ([all]) => {
      const windows = new Map(Array.from({ length: MAX_ADDRESSES }, (_, index) => [`${index}`, [0]]))
      all.forEach((address, now) => {
        const window = noteFailure(windows, `${address}`, now)
        assert.isAtMost(window.length, FAILURE_LIMIT + 1)
        assert.isAtMost(windows.size, MAX_ADDRESSES)
      })
    },
    LONG
  )
})
