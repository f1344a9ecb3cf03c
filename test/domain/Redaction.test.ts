import { assert, describe, it } from "@effect/vitest"
import { redact } from "../../src/domain/Redaction.ts"

const ONE = "the-first-secret-1"
const TWO = "the-other-secret-2"

describe("Redaction", () => {
  it("hides every secret, wherever and however often it is", () => {
    assert.strictEqual(redact([ONE, TWO], `${ONE}, ${TWO}, ${ONE}`), "<redacted>, <redacted>, <redacted>")
  })

  it("hides a secret as it looks inside JSON text", () => {
    assert.strictEqual(redact([`${ONE}"b\\c`], `{"key":"${ONE}\\"b\\\\c"}`), '{"key":"<redacted>"}')
  })

  it("leaves nothing of a secret that begins with another", () => {
    assert.strictEqual(redact([ONE, `${ONE}-of-more`], `${ONE}-of-more, ${ONE}`), "<redacted>, <redacted>")
  })

  it.each(["", "domain", "x".repeat(15)])("takes %j for no secret, because a text has it by chance", (short) => {
    assert.strictEqual(
      redact([short], "src/domain/Prompt.ts xxxxxxxxxxxxxxxxx"),
      "src/domain/Prompt.ts xxxxxxxxxxxxxxxxx"
    )
  })
})
