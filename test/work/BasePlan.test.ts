import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { adviceOf, remarksOf } from "../../src/work/BaseFiles.ts"
import type { BaseFile } from "../../src/work/BaseFiles.ts"
import { changesOf } from "../../src/work/Briefings.ts"
import { guessTold, planOf } from "../../src/work/BasePlan.ts"

const filesOf = (files: Readonly<Record<string, string | BaseFile>>) =>
  new Map(Object.entries(files).map(([name, file]) => [name, typeof file === "string" ? { text: file } : file]))

const PACKAGE = `{ "scripts": { "test": "node --test", "lint": "x" }, "devDependencies": { "x": "1" } }`

describe("The plan of a base branch", () => {
  it.each([
    ["a fault", "checks: 7", "line 1, column 9: checks have to be a list"],
    ["two faults", "checks: []\nsteup: []\npaths: x", /line 2, column 1: .*; line 3, column 8: /],
    ["an alias", "checks: &a [*a]", /line 1, column 13: an alias/],
    ["a link", { text: null, why: "no file" }, "it is no file of its own"],
    ["a mountain", { text: null, why: "too large" }, "it is too large"]
  ] as const)("cannot be had from a .mosaic.yml with %s, and says where", (_, file, why) => {
    const said = Result.getFailure(planOf(filesOf({ ".mosaic.yml": file })))
    const text = said._tag === "Some" ? said.value : ""
    assert.match(text, /^\.mosaic\.yml cannot be used: /)
    if (typeof why === "string") assert.include(text, why)
    else assert.match(text, why)
  })

  it("is guessed where there is no such file, and the readers are told what was guessed", () => {
    const plan = Result.getOrThrow(
      planOf(filesOf({ "package.json": PACKAGE, "package-lock.json": { text: null, why: "too large" } }))
    )
    assert.strictEqual(
      guessTold(plan),
      "The repository has no `.mosaic.yml`, so its checks are guessed from its files: `npm run lint`, `npm run test`, after `npm ci`."
    )
    assert.match(guessTold(Result.getOrThrow(planOf(filesOf({})))) ?? "", /no checks could be guessed/)
    assert.isNull(guessTold(Result.getOrThrow(planOf(filesOf({ ".mosaic.yml": "checks: []" })))))
  })
})

describe("The files of a base branch", () => {
  it("say that large files are pointers and submodules empty", () => {
    const files = filesOf({
      ".gitattributes": "*.psd filter=lfs diff=lfs merge=lfs -text",
      ".gitmodules": "[submodule]"
    })
    assert.lengthOf(remarksOf(files), 2)
    assert.lengthOf(remarksOf(filesOf({ ".gitattributes": "* text=auto" })), 0)
  })

  it("give advice, but a link to the other gives none", () => {
    const files = filesOf({ "AGENTS.md": "Use tabs.", "CLAUDE.md": { text: null, why: "no file" } })
    assert.deepStrictEqual(adviceOf(files), [{ from: "AGENTS.md", text: "Use tabs." }])
    assert.deepStrictEqual(adviceOf(filesOf({ "AGENTS.md": " \n" })), [])
  })
})

describe("Changes of a tree", () => {
  it("are told by path, those beyond two hundred by their number", () => {
    assert.deepStrictEqual(changesOf("M\0a.js\0A\0new\nline\0D\0-x\0T\0link\0"), [
      "changed a.js",
      'added "new\\nline"',
      "removed -x",
      "changed link"
    ])
    assert.deepStrictEqual(changesOf(""), [])
    const many = changesOf(Array.from({ length: 203 }, (_, at) => `A\0${at}\0`).join(""))
    assert.deepStrictEqual([many.length, many.at(-1)], [201, "and 3 more"])
  })
})
