import { assert, describe, it } from "@effect/vitest"
import { named } from "../../src/check/PathRule.ts"

const FILES = [
  "package.json",
  "web/package.json",
  "deploy/prod/values.yml",
  ".gitea/workflows/ci.yml",
  "src/a+b.js",
  "a\nb"
]

describe("named", () => {
  it.each([
    [["package.json"], ["package.json", "web/package.json"]],
    [["/package.json"], ["package.json"]],
    [["./package.json"], ["package.json"]],
    [["deploy"], ["deploy/prod/values.yml"]],
    [["deploy/"], ["deploy/prod/values.yml"]],
    [["deploy/**"], ["deploy/prod/values.yml"]],
    [["**/values.yml"], ["deploy/prod/values.yml"]],
    [["deploy/*.yml"], []],
    [["deploy/*/*.yml"], ["deploy/prod/values.yml"]],
    [
      [".gitea/**", "src/a+b.js"],
      [".gitea/workflows/ci.yml", "src/a+b.js"]
    ],
    [["*.json"], ["package.json", "web/package.json"]],
    [["a?b"], ["a\nb"]],
    [["**"], FILES],
    [[], []]
  ])("gives those that %j names", (globs, files) => {
    assert.deepStrictEqual([...named(globs, FILES)], files)
  })
})
