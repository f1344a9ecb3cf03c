import { assert, describe, it } from "@effect/vitest"
import { TaskState } from "../../src/domain/TaskState.ts"
import { answerText, progressText } from "../../src/outbox/TaskComments.ts"

const CAUSE = "the work needs a person: see the answer"
const run = { session: 2, turns: 7, ratio: 0.824, note: { done: "read page 1", next: "read page 2" } }

describe("progressText", () => {
  it("tells how a run is going", () => {
    assert.strictEqual(
      progressText("running", "claimed", run),
      ["**At work.**", "Session 2, 7 turns, context 82 % full.", "- done: read page 1", "- next: read page 2"].join(
        "\n\n"
      )
    )
  })

  it("says that the context is not known yet, and never zero", () => {
    const text = progressText("running", "claimed", { ...run, ratio: null, note: null })
    assert.strictEqual(text, "**At work.**\n\nSession 2, 7 turns, context not known yet.")
  })

  it.each(TaskState.literals)("heads a %s task, and says why where it stands still", (state) => {
    const [heading, ...rest] = progressText(state, CAUSE, null).split("\n\n")
    assert.match(heading ?? "", /^\*\*.+\.\*\*$/)
    assert.strictEqual(rest.includes(`Why: ${CAUSE}.`), !["ready", "running"].includes(state))
  })

  it.each(["parked", "failed"] as const)("says how a %s task can go on", (state) => {
    assert.match(progressText(state, CAUSE, null), /unassign the bot, then assign it again\.$/)
  })

  it("mentions nobody and hides nothing, whatever the model noted", () => {
    const note = { done: "asked @mira <!-- x -->", next: "wait for @tomas" }
    const text = progressText("parked", "@mira said <!-- so", { ...run, note })
    assert.notMatch(text, /@\w|<!--|-->/)
  })
})

describe("answerText", () => {
  it("is the answer alone when the work is done", () => {
    assert.strictEqual(answerText("## Plan\n\nWiden it.", "completed"), "## Plan\n\nWiden it.")
  })

  it("says that a person is needed when the task is parked", () => {
    assert.match(answerText("Which press?", "parked"), /^Which press\?\n\n\*This needs a person\./)
  })

  it.each(["completed", "parked"] as const)("is disarmed when %s", (state) => {
    assert.notMatch(answerText("@mira <!-- mosaic x -->", state), /@\w|<!--|-->/)
  })
})
