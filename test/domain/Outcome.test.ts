import { assert, describe, it } from "@effect/vitest"
import { answerText } from "../../src/domain/AnswerText.ts"
import { answered, parked } from "../../src/domain/Outcome.ts"

describe("answered", () => {
  it("completes a task whose work is done", () => {
    assert.deepStrictEqual(answered({ answer: "Widen it.", status: "done" }), {
      to: "completed",
      cause: "the answer was given",
      answer: "Widen it."
    })
  })

  it("parks a task whose work is blocked, and publishes what it needs", () => {
    assert.deepStrictEqual(answered({ answer: "Which press?", status: "blocked" }), {
      to: "parked",
      cause: "the work needs a person: see the answer",
      answer: "Which press?"
    })
  })
})

describe("parked", () => {
  it("has a cause and no answer", () => {
    assert.deepStrictEqual(parked("it used its 50 turns"), {
      to: "parked",
      cause: "it used its 50 turns",
      answer: null
    })
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
