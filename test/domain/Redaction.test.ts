import { assert, describe, it } from "@effect/vitest"
import { redact } from "../../src/domain/Redaction.ts"

describe("Redaction", () => {
  it("hides every secret, wherever and however often it is", () => {
    assert.strictEqual(redact(["one", "two"], "one, two, one"), "<redacted>, <redacted>, <redacted>")
  })

  it("hides a secret as it looks inside JSON text", () => {
    assert.strictEqual(redact(['a"b\\c'], '{"key":"a\\"b\\\\c"}'), '{"key":"<redacted>"}')
  })

  it("leaves nothing of a secret that begins with another", () => {
    assert.strictEqual(redact(["key", "key-of-more"], "key-of-more, key"), "<redacted>, <redacted>")
  })

  it("takes an empty secret for none", () => {
    assert.strictEqual(redact([""], "text"), "text")
  })
})
