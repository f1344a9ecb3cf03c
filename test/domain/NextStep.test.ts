import { assert, describe, it } from "@effect/vitest"
import type { JournalEntry } from "../../src/domain/JournalEntry.ts"
import {
  CONTINUE_COMPACTED,
  CONTINUE_CUT,
  CUT_CALL,
  INTERRUPTED_CALL,
  MAX_PAUSES,
  nextStep,
  NextStep,
  NUDGE
} from "../../src/domain/NextStep.ts"
import { MAX_CALLS, MAX_REPLY_RESULTS, TOO_MANY_CALLS, TOO_MANY_RESULTS } from "../../src/domain/SessionLimits.ts"
import { replay } from "../../src/domain/Transcript.ts"
import { toolUse } from "../harness/Models.ts"
import { asked, compacted, compactionFailed, ended, replied, started } from "./journals.ts"

const after = (...entries: ReadonlyArray<JournalEntry>) => nextStep(replay(entries))
const issue = asked("The issue.")
const read = (id: string) => toolUse("read_comments", { page: 1 }, id)
const finish = toolUse("finish", { answer: "Widen it.", status: "done" }, "f")
const callOf = (step: NextStep): string => ("call" in step ? step.call.use.id : "none")
const paused = (times: number) =>
  Array.from({ length: times }, () => [replied("...", { stopReason: "pause_turn" }), asked(null)]).flat()

describe("nextStep", () => {
  it("begins a conversation that is new", () => {
    assert.deepStrictEqual(after(), NextStep.Begin())
  })

  it("sends what was asked and not answered, also after a crash", () => {
    assert.deepStrictEqual(after(issue), NextStep.Send())
  })

  it("runs the calls of a reply one after the other, then asks with their results", () => {
    const both = replied([read("a"), read("b")])
    assert.strictEqual(after(issue, both)._tag, "RunTool")
    assert.strictEqual(callOf(after(issue, both)), "a")
    assert.strictEqual(callOf(after(issue, both, started("a"), ended("a"))), "b")
    assert.deepStrictEqual(
      after(issue, both, started("a"), ended("a"), started("b"), ended("b")),
      NextStep.Ask({ text: null })
    )
  })

  it("does not run a call again that was under way at a crash", () => {
    const step = after(issue, replied([read("a")]), started("a"))
    assert.deepInclude(step, { _tag: "RefuseTool", why: INTERRUPTED_CALL })
    assert.strictEqual(callOf(step), "a")
  })

  it("does not run a call that was cut at the length limit", () => {
    const both = replied([read("a"), read("b")], { stopReason: "max_tokens" })
    assert.strictEqual(after(issue, both)._tag, "RunTool")
    assert.deepInclude(after(issue, both, ended("a")), { _tag: "RefuseTool", why: CUT_CALL })
    assert.deepStrictEqual(after(issue, both, ended("a"), ended("b", CUT_CALL, true)), NextStep.Ask({ text: null }))
  })

  it("runs no more calls of one reply than it may have", () => {
    const ids = Array.from({ length: 400 }, (_, index) => `t${index}`)
    const before = ids.slice(0, MAX_CALLS).flatMap((id) => [started(id), ended(id)])
    const step = after(issue, replied(ids.map(read)), ...before)
    assert.deepInclude(step, { _tag: "RefuseTool", why: TOO_MANY_CALLS })
    assert.strictEqual(callOf(step), `t${MAX_CALLS}`)
  })

  it("runs no further call once the results of a reply are as long as they may be", () => {
    const both = replied([read("a"), read("b")])
    const long = ended("a", "x".repeat(MAX_REPLY_RESULTS))
    assert.deepInclude(after(issue, both, started("a"), long), { _tag: "RefuseTool", why: TOO_MANY_RESULTS })
    assert.strictEqual(after(issue, both, started("a"), ended("a", "short"))._tag, "RunTool")
  })

  it("lets a text that was cut go on", () => {
    assert.deepStrictEqual(
      after(issue, replied("Half a", { stopReason: "max_tokens" })),
      NextStep.Ask({ text: CONTINUE_CUT })
    )
  })

  it(`sends a paused turn again ${MAX_PAUSES} times, then parks`, () => {
    const pause = replied("...", { stopReason: "pause_turn" })
    assert.deepStrictEqual(after(issue, ...paused(MAX_PAUSES - 1), pause), NextStep.Ask({ text: null }))
    assert.deepStrictEqual(
      after(issue, ...paused(MAX_PAUSES), pause),
      NextStep.Park({ cause: "the model paused its turn 6 times in a row" })
    )
  })

  it("begins to count pauses anew after another reply", () => {
    const step = after(
      issue,
      ...paused(MAX_PAUSES),
      replied([read("a")]),
      ended("a"),
      asked(null),
      replied("...", { stopReason: "pause_turn" })
    )
    assert.deepStrictEqual(step, NextStep.Ask({ text: null }))
  })

  it.each(["end_turn", "stop_sequence", "something_new"])(
    "asks once for an answer after %s without `finish`",
    (stopReason) => {
      const stopped = replied("It is the gutter.", { stopReason })
      assert.deepStrictEqual(after(issue, stopped), NextStep.Ask({ text: NUDGE }))
      assert.deepStrictEqual(
        after(issue, stopped, asked(NUDGE), replied("Widen the gutter.", { stopReason })),
        NextStep.Answer({ answer: "Widen the gutter.", status: "done", unfinished: true })
      )
    }
  )

  it("takes the last text as the answer also when tools were used in between", () => {
    const step = after(
      issue,
      replied("Hm."),
      asked(NUDGE),
      replied([read("a")]),
      ended("a"),
      asked(null),
      replied("It is the gutter.")
    )
    assert.deepStrictEqual(step, NextStep.Answer({ answer: "It is the gutter.", status: "done", unfinished: true }))
  })

  it.each([{ words: "" }, { words: "  \n" }])("parks when there is no answer in $words", ({ words }) => {
    assert.deepStrictEqual(
      after(issue, replied(""), asked(NUDGE), replied(words)),
      NextStep.Park({ cause: "the model stopped without an answer" })
    )
  })

  it("parks when the model refuses, with or without a call", () => {
    const refusal = NextStep.Park({ cause: "Claude refused to go on" })
    assert.deepStrictEqual(after(issue, replied("No.", { stopReason: "refusal" })), refusal)
    assert.deepStrictEqual(
      after(issue, replied([finish], { stopReason: "refusal" }), ended("f", CUT_CALL, true)),
      refusal
    )
  })

  it("rotates at the end of the model's window", () => {
    const exceeded = { stopReason: "model_context_window_exceeded" }
    const rotation = NextStep.Rotate({ cause: "the reply reached the end of the model's window" })
    assert.deepStrictEqual(after(issue, replied("Half a", exceeded)), rotation)
    assert.deepInclude(after(issue, replied([finish], exceeded)), { _tag: "RefuseTool", why: CUT_CALL })
    assert.deepStrictEqual(after(issue, replied([finish], exceeded), ended("f", CUT_CALL, true)), rotation)
  })

  it("goes on after a compaction", () => {
    const summarised = [issue, replied("One."), asked(NUDGE), compacted("What was said.")]
    assert.deepStrictEqual(after(...summarised), NextStep.Ask({ text: CONTINUE_COMPACTED }))
    assert.deepStrictEqual(after(...summarised, asked(CONTINUE_COMPACTED)), NextStep.Send())
  })

  it("rotates when a compaction brought nothing", () => {
    assert.deepStrictEqual(
      after(issue, replied("One."), asked(NUDGE), compactionFailed),
      NextStep.Rotate({ cause: "the conversation could not be compacted" })
    )
  })

  it("ends with `finish`, once every call of the reply is answered", () => {
    const reply = replied([finish, read("a")])
    assert.strictEqual(callOf(after(issue, reply, ended("f"))), "a")
    assert.deepStrictEqual(
      after(issue, reply, ended("f"), ended("a")),
      NextStep.Answer({ answer: "Widen it.", status: "done" })
    )
  })

  it("hands on that the work is blocked", () => {
    const blocked = toolUse("finish", { answer: "Which press?", status: "blocked" }, "f")
    assert.deepStrictEqual(
      after(issue, replied([blocked]), ended("f")),
      NextStep.Answer({ answer: "Which press?", status: "blocked" })
    )
  })

  it.each([{}, { answer: "", status: "done" }, { answer: "Yes." }, { answer: "Yes.", status: "perhaps" }])(
    "takes `finish` with %j for no answer",
    (input) => {
      const wrong = replied([toolUse("finish", input, "f")])
      assert.deepStrictEqual(after(issue, wrong, ended("f", "not as wanted", true)), NextStep.Ask({ text: null }))
      assert.deepStrictEqual(after(issue, wrong, ended("f")), NextStep.Ask({ text: null }))
    }
  )

  it("takes a `finish` that failed for no answer", () => {
    assert.deepStrictEqual(after(issue, replied([finish]), ended("f", "no", true)), NextStep.Ask({ text: null }))
  })
})
