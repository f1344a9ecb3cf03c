import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { disarm } from "../../src/outbox/Disarming.ts"
import { bodyOf, messageOf, titleOf, touchedChecksOf } from "../../src/pull/PullText.ts"
import type { PullFacts } from "../../src/pull/PullText.ts"

const facts = (more: Partial<PullFacts> = {}): PullFacts => ({
  number: 7,
  title: "Total is wrong",
  checks: [{ name: "test", passed: true, seconds: 1.25 }],
  guessed: false,
  touchedChecks: [],
  closed: null,
  hasBranch: true,
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

  it.effect("tells what was checked and what it took, and closes this issue and no other", () =>
    Effect.gen(function* () {
      const body = bodyOf(facts({ sessions: 2 }), yield* disarm("Rounds once. Ask @ada. Closes #3"))
      assert.include(body, "- passed: test (1.3 s)")
      assert.include(body, "12 turns in 2 sessions, 34,567 tokens. Saved as refs/mosaic/7/s/3.")
      assert.match(body, /\n\nFixes #7$/)
      assert.notMatch(body, /@ada|Closes #3/)
    })
  )

  it.effect("says that nothing was checked, and which files decide the checks", () =>
    Effect.gen(function* () {
      const summary = yield* disarm("Rounds once.")
      assert.include(bodyOf(facts({ checks: [] }), summary), "nothing was run")
      assert.include(bodyOf(facts({ guessed: true }), summary), "these were guessed from its files")
      assert.notInclude(bodyOf(facts(), summary), "guessed")
      assert.include(bodyOf(facts({ touchedChecks: ["Makefile"] }), summary), "were changed:\n- Makefile")
      assert.strictEqual(messageOf(facts(), summary), "Total is wrong (#7)\n\nRounds once.\n")
    })
  )

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
