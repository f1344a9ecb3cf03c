import { assert, describe, it } from "@effect/vitest"
import { isOutdated, issueTimeOf } from "../../src/event/IssueTime.ts"
import { issue } from "../harness/Deliveries.ts"

const NOW = Date.UTC(2026, 5, 1)

describe("The time of an issue", () => {
  it.each([
    ["2026-05-31T10:00:00Z", Date.UTC(2026, 4, 31, 10)],
    ["2026-05-31T12:00:00+02:00", Date.UTC(2026, 4, 31, 10)],
    ["2026-06-01T12:00:00Z", Date.UTC(2026, 5, 1, 12)],
    ["1970-01-01T00:00:00Z", null],
    ["0001-01-01T00:00:00Z", null],
    ["2099-01-01T00:00:00Z", null],
    ["yesterday", null],
    [undefined, null]
  ])("%s is taken for %s", (updatedAt, time) => {
    assert.strictEqual(issueTimeOf({ ...issue(), ...(updatedAt === undefined ? {} : { updatedAt }) }, NOW), time)
  })

  it("orders two changes unless they are of one second, or one has no time", () => {
    assert.isTrue(isOutdated(1_000, 2_000))
    assert.isFalse(isOutdated(2_000, 2_000))
    assert.isFalse(isOutdated(3_000, 2_000))
    assert.isFalse(isOutdated(null, 2_000))
    assert.isFalse(isOutdated(1_000, null))
  })
})
