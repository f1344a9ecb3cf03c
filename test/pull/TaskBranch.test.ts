import { assert, describe, it } from "@effect/vitest"
import { branchNames, taskBranch } from "../../src/pull/TaskBranch.ts"
import type { Standing } from "../../src/pull/TaskBranch.ts"

const [first, second] = branchNames(7, 2)
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
      { name: second, standing: two }
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
    assert.deepStrictEqual(chosen(standing(), standing()), { name: "mosaic/7-2", start: "base", lease: null })
  })
})
