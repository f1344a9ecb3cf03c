import { assert, describe, it } from "@effect/vitest"
import { branchNames, taskBranch } from "../../src/pull/TaskBranch.ts"
import type { Standing } from "../../src/pull/TaskBranch.ts"

const [first = "", second = "", free = ""] = branchNames(7, 2, [])
const standing = (more: Partial<Standing> = {}): Standing => ({
  head: "head",
  isOpen: false,
  isMerged: false,
  isHalfDone: false,
  ...more
})
const chosen = (one: Standing | null, two: Standing | null = null) =>
  taskBranch(
    [
      { name: first, standing: one },
      { name: second, standing: two },
      { name: free, standing: null }
    ],
    "base"
  )

describe("taskBranch", () => {
  it("is a new one that must not be there yet", () => {
    assert.deepStrictEqual(chosen(null), { name: "mosaic/7", start: "base", lease: null })
  })

  it("goes on where a pull request is open, and keeps what is there", () => {
    assert.deepStrictEqual(chosen(standing({ isOpen: true })), { name: "mosaic/7", start: "head", lease: "head" })
  })

  it("begins at the base again when the branch is merged, or when a crash came before its pull request", () => {
    for (const one of [standing({ isMerged: true }), standing({ isHalfDone: true })]) {
      assert.deepStrictEqual(chosen(one), { name: "mosaic/7", start: "base", lease: "head" })
    }
  })

  it("leaves alone what was closed without being merged", () => {
    assert.deepStrictEqual(chosen(standing()), { name: "mosaic/7-2", start: "base", lease: null })
    assert.deepStrictEqual(chosen(standing(), standing({ isOpen: true })), {
      name: "mosaic/7-2",
      start: "head",
      lease: "head"
    })
    assert.deepStrictEqual(chosen(standing(), standing()), { name: "mosaic/7-3", start: "base", lease: null })
  })

  it("is the one whose pull request is open, whatever else could be used", () => {
    assert.strictEqual(chosen(null, standing({ isOpen: true })).name, "mosaic/7-2")
    assert.strictEqual(chosen(standing({ isOpen: true }), standing()).name, "mosaic/7")
  })

  it("may be any that an earlier generation made, or one that is free", () => {
    assert.deepStrictEqual(branchNames(7, 1, []), ["mosaic/7", "mosaic/7-2"])
    const existing = ["mosaic/7", "mosaic/7-2", "mosaic/70", "mosaic/7-x", "mosaic/7-4"]
    assert.deepStrictEqual(branchNames(7, 3, existing), [
      "mosaic/7",
      "mosaic/7-3",
      "mosaic/7-2",
      "mosaic/7-4",
      "mosaic/7-5"
    ])
  })
})
