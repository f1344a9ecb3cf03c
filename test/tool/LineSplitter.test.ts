import { assert, describe, it } from "@effect/vitest"
import { keepFirst, keepLast } from "../../src/tool/Kept.ts"
import { makeLineSplitter } from "../../src/tool/LineSplitter.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

describe("LineSplitter", () => {
  it("makes lines of bytes however they are cut, inside a character too", () => {
    const splitter = makeLineSplitter(100)
    const lines = [...bytes("ä\n\nb€c\nrest")].flatMap((byte) => splitter.add(Uint8Array.of(byte)) ?? ["too long"])
    assert.deepStrictEqual(lines, ["ä", "", "b€c"])
  })

  it("has no line that is longer than it may be, ended or not", () => {
    assert.deepStrictEqual(makeLineSplitter(3).add(bytes("abc\n")), ["abc"])
    assert.isNull(makeLineSplitter(3).add(bytes("abcd\n")))
    const splitter = makeLineSplitter(3)
    assert.deepStrictEqual(splitter.add(bytes("ab")), [])
    assert.isNull(splitter.add(bytes("cd")))
  })
})

describe("Kept", () => {
  it.each([
    ["first", keepFirst, "abcd"],
    ["last", keepLast, "ghij"]
  ] as const)("is the %s of what was written, and knows that there was more", (_, keep, expected) => {
    const kept = keep(4)
    for (const letter of "abcdefghij") kept.add(bytes(letter))
    assert.deepStrictEqual([kept.text(), kept.overflowed], [expected, true])
  })

  it.each([keepFirst, keepLast])("is all of it where it has room", (keep) => {
    const kept = keep(4)
    kept.add(bytes("ab"))
    kept.add(bytes("cd"))
    assert.deepStrictEqual([kept.text(), kept.overflowed], ["abcd", false])
  })
})
