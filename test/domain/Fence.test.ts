import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { fence } from "../../src/domain/Fence.ts"

/** Texts that try: runs of `=`, line ends, labels, in any order. */
const hostile = Arbitrary.map(
  Arbitrary.array(
    Arbitrary.schema(
      Schema.Union([
        Schema.Literals(["\n", "=", "=======", "========", "=========", " title", "\r\n", "======== title"]),
        Schema.String
      ])
    )
  ),
  (parts) => parts.join("")
)

describe("fence", () => {
  it("labels a text and puts it between lines", () => {
    assert.strictEqual(fence("title", "A leak"), "======== title\nA leak\n========")
  })

  it("draws lines longer than any in the text", () => {
    assert.strictEqual(fence("title", "A\n========\nB"), "========= title\nA\n========\nB\n=========")
  })

  it("stays short around a text of nothing but lines", () => {
    assert.isBelow(fence("title", "=".repeat(100_000)).length, 100)
    assert.isBelow(fence("title", "= ".repeat(300_000)).length, 600_100)
  })

  it.prop("cannot be closed by its content", [hostile], ([text]) => {
    const [first = "", ...rest] = fence("title", text).split("\n")
    const line = first.replace(" title", "")
    assert.match(line, /^={8,}$/)
    assert.strictEqual(rest.at(-1), line)
    assert.isFalse(rest.slice(0, -1).join("\n").includes(line))
  })
})
