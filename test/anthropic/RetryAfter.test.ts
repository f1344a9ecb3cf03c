import { assert, describe, it } from "@effect/vitest"
import { retryAfterOf } from "../../src/anthropic/RetryAfter.ts"

describe("retryAfterOf", () => {
  it("reads seconds", () => {
    assert.strictEqual(retryAfterOf(null, "7", 0), 7_000)
    assert.strictEqual(retryAfterOf(null, "0.5", 0), 500)
  })

  it("prefers milliseconds", () => assert.strictEqual(retryAfterOf("250", "7", 0), 250))

  it("reads an HTTP date", () =>
    assert.strictEqual(retryAfterOf(null, "Thu, 01 Jan 1970 00:01:00 GMT", 10_000), 50_000))

  it("is null where there is nothing to wait for", () => {
    for (const header of [null, "0", "-1", "soon", "Thu, 01 Jan 1970 00:00:00 GMT", ""]) {
      assert.isNull(retryAfterOf(null, header, 10_000))
    }
  })
})
