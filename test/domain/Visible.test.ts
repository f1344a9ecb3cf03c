import { assert, describe, it } from "@effect/vitest"
import { visible } from "../../src/domain/Visible.ts"

/** As tag characters, which no font shows. */
const asTags = (text: string) =>
  [...text].map((it) => String.fromCodePoint(0xe0000 + (it.codePointAt(0) ?? 0))).join("")

const hiding: ReadonlyArray<readonly [what: string, given: string, shown: string, found: string]> = [
  ["a comment", "a <!-- b --> c", "a <!--[hidden from readers] b --> c", "1 hidden comment shown"],
  ["comments", "<!--a--><!--", "<!--[hidden from readers]a--><!--[hidden from readers]", "2 hidden comments shown"],
  ["tag characters", `a${asTags("ignore")}b`, "ab", "6 tag characters taken out"],
  ["a turned direction", "a\u202eb\u2069c", "abc", "2 marks of direction taken out"],
  ["characters without a width", "a\u200bb\u2060c\ufeff\u00add", "abcd", "4 invisible characters taken out"],
  ["a control character", "a\u0000b\u001bc", "abc", "2 invisible characters taken out"],
  ["a joiner between Latin letters", "ig\u200dnore", "ignore", "1 invisible character taken out"],
  ["shapes that carry bits", "a\ufe00\ufe01\u{e0100}b\ufe0f", "ab", "4 invisible characters taken out"],
  ["a row of joiners", "\u{1f469}\u200d\u200d\u200d", "\u{1f469}\u200d", "2 invisible characters taken out"]
]

describe("visible", () => {
  it.each(hiding)("shows or takes out %s, and says so", (_, given, shown, found) => {
    assert.deepStrictEqual(visible(given), { text: shown, found: [found] })
  })

  it.each([
    "Plain text,\n\twith lines\r\nand 5 < 6, a -- b -> c",
    "\u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u2764\ufe0f #\ufe0f\u20e3 \u{1f44d}\u{1f3fd}",
    "\u0928\u094d\u200d \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 e\u0301",
    "中文 日本語 \u05e2\u05d1\u05e8\u05d9\u05ea"
  ])("leaves %j alone", (text) => {
    assert.deepStrictEqual(visible(text), { text, found: [] })
  })
})
