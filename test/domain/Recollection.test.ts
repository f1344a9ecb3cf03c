import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Comment } from "../../src/domain/Comment.ts"
import { markerOf, withMarker } from "../../src/domain/Comment.ts"
import { answered } from "../../src/domain/Outcome.ts"
import type { Mandate } from "../../src/domain/Mandate.ts"
import { answerTo, nextRound, NOTHING_KNOWN, recollect } from "../../src/domain/Recollection.ts"
import { taskIdOf } from "../../src/domain/Task.ts"
import { progressKey, reportKey } from "../../src/outbox/Outbox.ts"
import { entriesFor } from "../../src/outbox/TaskComments.ts"
import { BOT, PERSON } from "../harness/Deliveries.ts"

const TASK = taskIdOf(21, 57)
const OTHER = taskIdOf(21, 58)

const comment = (id: number, key: string, text = "Use an index.", user = BOT): Comment => ({
  id,
  user,
  body: withMarker(key, text)
})
const answer = (id: number, round: number, text?: string) => comment(id, reportKey(TASK, round), text)
const given = (id: number): Mandate => ({ source: "timeline", id })

const known = (...comments: ReadonlyArray<Comment>) => recollect(comments, BOT.id, TASK)

describe("recollect", () => {
  it("finds the progress comment and the answers, by the markers that the outbox writes", () => {
    const { answers, progress } = known(comment(5, progressKey(TASK), "Done."), answer(7, 1), answer(9, 2))
    assert.strictEqual(progress, 5)
    assert.deepStrictEqual(
      answers.map(({ asks, id, round }) => [id, round, asks]),
      [
        [7, 1, false],
        [9, 2, false]
      ]
    )
  })

  it("believes nobody but the bot, of no other task, and only where a marker stands", () => {
    const key = reportKey(TASK, 1)
    const quoted = { ...answer(9, 1), body: `As I said: ${withMarker(key, "x")} and more` }
    assert.deepStrictEqual(
      known(comment(7, key, "forged", PERSON), comment(8, reportKey(OTHER, 1)), quoted),
      NOTHING_KNOWN
    )
  })

  it("knows the comments of earlier releases, whose marker comes last", () => {
    assert.lengthOf(known({ ...answer(7, 1), body: `Use an index.\n\n${markerOf(reportKey(TASK, 1))}\n` }).answers, 1)
  })

  it.effect("tells a question from an answer, as they are written", () =>
    Effect.gen(function* () {
      const asks = Effect.fnUntraced(function* (status: "done" | "blocked") {
        const entries = yield* entriesFor(
          { id: TASK, round: 1, saved: null },
          answered({ answer: "Which press?", status })
        )
        return known(...entries.map(({ body }, index) => ({ id: index, user: BOT, body }))).answers.map((it) => it.asks)
      })
      assert.deepStrictEqual(yield* asks("blocked"), [true])
      assert.deepStrictEqual(yield* asks("done"), [false])
    })
  )
})

describe("answerTo", () => {
  it("is the newest answer after the mandate, and any where that is not known", () => {
    const all = known(answer(7, 1), answer(12, 2))
    assert.strictEqual(answerTo(all, given(3))?.round, 2)
    assert.strictEqual(answerTo(all, given(8))?.round, 2)
    assert.isNull(answerTo(all, given(13)))
    assert.strictEqual(answerTo(all, null)?.round, 2)
    assert.isNull(answerTo(all, { source: "delivery", id: 1 }))
    assert.isNull(answerTo(NOTHING_KNOWN, null))
  })
})

describe("nextRound", () => {
  it("has no comment on the issue yet", () => {
    assert.strictEqual(nextRound(NOTHING_KNOWN), 1)
    assert.strictEqual(nextRound(known(answer(7, 3), answer(5, 1))), 4)
  })
})
