import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import { makeSaving } from "../../src/work/Saving.ts"

describe("makeSaving", () => {
  it.effect("tells once why the work is not saved, tries again after each turn, and tells when it is saved again", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const log = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])
      const answers = ["too many files", "too many files", "no", null, null]
      let tries = 0
      const save = makeSaving(Effect.sync(() => answers[tries++] ?? null))
      yield* Effect.forEach(answers, () => save).pipe(Effect.provide(log))
      assert.strictEqual(tries, answers.length)
      const failed = "Work could not be saved: it is tried again after the next turn"
      assert.deepStrictEqual(lines, [failed, failed, "Work is saved again"])
    })
  )
})
