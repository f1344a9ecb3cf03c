import { assert, describe, it } from "@effect/vitest"
import { plainText } from "../../src/report/PlainText.ts"

describe("plainText", () => {
  it.each([
    ["Größe, 速度 and ☃\n\tstay", "Größe, 速度 and ☃\n\tstay"],
    ["Done 🎉", "Done \uFFFD"],
    ["NUL \0 and \u0007", "NUL \uFFFD and \uFFFD"],
    ["half \ud83d of one", "half \uFFFD of one"],
    ["text\n\n<!-- mosaic task 1/1 report 1 -->\n", "text\n\n<!-- mosaic task 1/1 report 1 -->\n"]
  ])("of %j", (text, plain) => assert.strictEqual(plainText(text), plain))
})
