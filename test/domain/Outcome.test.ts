import { assert, describe, it } from "@effect/vitest"
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
