import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TaskState } from "../../src/domain/TaskState.ts"
import { answered } from "../../src/domain/Outcome.ts"
import { withMarker } from "../../src/domain/Comment.ts"
import { reportKey } from "../../src/outbox/Outbox.ts"
import { entriesFor, progressEntry, progressText, runningEntry } from "../../src/outbox/TaskComments.ts"
import { TASK } from "../harness/Workbench.ts"

const CAUSE = "the work needs a person: see the answer"
const note = { done: "read page 1", next: "read page 2" }
const run = { session: 2, turns: 7, ratio: 0.824, note, readAt: null, remark: null }

describe("progressText", () => {
  it("tells how a run is going", () => {
    assert.strictEqual(
      progressText("running", "claimed", run),
      ["**At work.**", "Session 2, 7 turns, context 82 % full.", "- done: read page 1", "- next: read page 2"].join(
        "\n\n"
      )
    )
  })

  it("tells how the work is done, where that is to be known", () => {
    const text = progressText("running", "claimed", { ...run, note: null, remark: "The checks are guessed." })
    assert.match(text, /82 % full\.\n\nThe checks are guessed\.$/)
  })

  it("tells until when the issue is read", () => {
    const text = progressText("running", "claimed", { ...run, note: null, readAt: Date.UTC(2026, 2, 18, 9, 5, 7) })
    assert.match(text, /\n\nThe issue and its comments are read up to 2026-03-18 09:05:07 UTC\.$/)
  })

  it.each([null, 0, 0.004])("says nothing of a context that is %d full", (ratio) => {
    const text = progressText("running", "claimed", { ...run, turns: 1, ratio, note: null })
    assert.strictEqual(text, "**At work.**\n\nSession 2, 1 turn.")
  })

  it.each(TaskState.literals)("heads a %s task, and says why where it stands still", (state) => {
    const [heading, ...rest] = progressText(state, CAUSE, null).split("\n\n")
    assert.match(heading ?? "", /^\*\*.+\.\*\*$/)
    assert.strictEqual(rest.includes(`Why: ${CAUSE}.`), ["answered", "parked", "failed", "cancelled"].includes(state))
  })

  it.each(["parked", "failed"] as const)("says how a %s task can go on", (state) => {
    assert.match(progressText(state, CAUSE, null), /unassign the bot and assign it again\.$/)
  })

  it.each(TaskState.literals)("names what is saved of a %s task where there may be no pull request", (state) => {
    const text = progressText(state, CAUSE, null, "refs/mosaic/1/s/2")
    assert.strictEqual(
      text.split("\n\n").includes("The work is saved as `refs/mosaic/1/s/2`."),
      ["parked", "failed", "cancelled"].includes(state)
    )
  })

  it("keeps a note on one line, and cuts it", () => {
    const note = { done: "a\n\n# b", next: "c".repeat(10_000) }
    const lines = progressText("running", "claimed", { ...run, note }).split("\n\n")
    assert.strictEqual(lines[2], "- done: a # b")
    assert.isBelow(lines[3]?.length ?? 0, 2_100)
  })
})

describe("progressEntry", () => {
  it("mentions nobody and hides nothing, whatever name is in the cause", () => {
    const { body } = progressEntry({ id: TASK, saved: null }, "parked", "@mira said <!-- so of #1")
    assert.notMatch(body.slice(body.indexOf("-->") + 3), /@\w|#\d|<!--/)
  })
})

describe("runningEntry", () => {
  it.effect("mentions nobody and hides nothing, whatever the model noted", () =>
    Effect.gen(function* () {
      const note = { done: "asked @mira <!-- x -->", next: "~~~ wait for @tomas" }
      const { body } = yield* runningEntry(TASK, "claimed", { ...run, note })
      assert.include(body, "- done: asked @\u200bmira &lt;!-- x -->\n\n- next: ~~~ wait for @\u200btomas\n")
    })
  )
})

describe("entriesFor", () => {
  const said = (answer: string, status: "done" | "blocked") =>
    Effect.map(entriesFor({ id: TASK, round: 1, saved: null }, answered({ answer, status })), (entries) =>
      entries.map(({ body, key }) => [key, body])
    )

  it.effect("is the answer alone when the work is done", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* said("## Plan\n\nWiden it.", "done"), [
        [reportKey(TASK, 1), withMarker(reportKey(TASK, 1), "## Plan\n\nWiden it.")]
      ])
    })
  )

  it.effect("says below the answer that a person is needed, and no fence in it swallows that", () =>
    Effect.gen(function* () {
      const [, [, body] = []] = yield* said("Which press?\n\n```\nopen", "blocked")
      assert.include(body, "Which press?\n\n```\nopen\n```\n\n*This needs a person.")
    })
  )

  it.effect.each(["done", "blocked"] as const)("is disarmed when %s", (status) =>
    Effect.gen(function* () {
      const [, body = ""] = (yield* said("@mira <!-- mosaic x --> fixes #1", status)).at(-1) ?? []
      assert.include(body, "@\u200bmira &lt;!-- mosaic x --> fixes #\u200b1")
    })
  )

  it.effect("cuts an answer that is too long, and says so outside the code that it cut", () =>
    Effect.gen(function* () {
      const [[, body = ""] = []] = yield* said(`\`\`\`\n${"\u{1f5a8}x".repeat(60_000)}`, "done")
      assert.isBelow(body.length, 61_000)
      assert.isTrue(body.endsWith("\n```\n\n*(cut: the text was longer)*\n"))
      assert.isTrue(body.isWellFormed())
    })
  )
})
