import { assert, describe, it } from "@effect/vitest"
import { bodyOf, messageOf, titleOf, touchedChecksOf } from "../../src/pull/PullText.ts"
import type { PullFacts } from "../../src/pull/PullText.ts"

const facts = (more: Partial<PullFacts> = {}): PullFacts => ({
  number: 7,
  title: "Total is wrong",
  summary: "Rounds once. Ask @ada.",
  checks: [{ name: "test", passed: true, seconds: 1.25 }],
  touchedChecks: [],
  sessions: 1,
  turns: 12,
  tokens: 34_567,
  snapshot: "refs/mosaic/7/s/3",
  ...more
})

describe("PullText", () => {
  it.each([
    ["Total is wrong", "Total is wrong (#7)"],
    ["WIP: [wip] Total\n is  wrong", "Total is wrong (#7)"],
    ["wip:", "Work (#7)"],
    ["x".repeat(300), `${"x".repeat(200)} (#7)`]
  ])("has a title in one line that makes no draft of it: %j", (title, expected) => {
    assert.strictEqual(titleOf(facts({ title })), expected)
  })

  it("tells what was checked and what it took, closes the issue, and calls nobody", () => {
    const body = bodyOf(facts({ sessions: 2 }))
    assert.include(body, "- passed: test (1.3 s)")
    assert.include(body, "12 turns in 2 sessions, 34,567 tokens. Saved as refs/mosaic/7/s/3.")
    assert.match(body, /\n\nFixes #7$/)
    assert.notMatch(body, /(^|\s)@ada/)
  })

  it("says that nothing was checked, and which files decide the checks", () => {
    assert.include(bodyOf(facts({ checks: [] })), "nothing was run")
    assert.include(bodyOf(facts({ touchedChecks: ["package.json"] })), "were changed:\n- package.json")
  })

  it("is committed under its title", () => {
    assert.strictEqual(messageOf(facts()), "Total is wrong (#7)\n\nRounds once. Ask @ada.\n")
  })

  it("knows the files that decide what a check does", () => {
    const touched = [
      "package.json",
      "src/a.ts",
      "web/vitest.config.ts",
      ".gitea/workflows/ci.yml",
      "Makefile",
      "docs/Makefile.md"
    ]
    assert.deepStrictEqual(touchedChecksOf(touched), [
      "package.json",
      "web/vitest.config.ts",
      ".gitea/workflows/ci.yml",
      "Makefile"
    ])
  })
})
