import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Observation } from "../../src/domain/Mandate.ts"
import { reportKey } from "../../src/outbox/Outbox.ts"
import { AnswerFate } from "../../src/task/AnswerFate.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { read } from "../harness/StoreReader.ts"
import { assignedBy, claimOne, observe, taskOf, TasksOnStore, transitions } from "./support.ts"

const ID = taskOf(1)
const WHY = "Gitea: create comment failed (403)"

/** The work is done; gives what tells of its answer. */
const answered = Effect.gen(function* () {
  const tasks = yield* Tasks
  yield* observe(1)
  yield* tasks.move(yield* claimOne, "answered", "on its way", Effect.void)
  return (fate: AnswerFate, key = reportKey(ID, 1)) => tasks.answer(ID, key, fate, Effect.void)
})

const standing = Effect.map(read("tasks", ["state", "cause"]), ([task]) => task)
const told = Effect.map(read("outbox", ["body"]), (all) => all.map(({ body }) => body).join())

describe("A task whose answer is ready", () => {
  it.effect("is completed when it stands on the issue", () =>
    Effect.gen(function* () {
      const tell = yield* answered
      yield* tell(AnswerFate.Stands())
      assert.deepStrictEqual(yield* standing, { state: "completed", cause: "the answer was given" })
      assert.include(yield* told, "Done.")
      yield* tell(AnswerFate.Lost({ to: "parked", why: WHY }))
      assert.strictEqual((yield* standing)?.state, "completed")
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("says what it waits for, once", () =>
    Effect.gen(function* () {
      const tell = yield* answered
      yield* tell(AnswerFate.Waits({ why: WHY }))
      const cause = `the answer is ready and could not be written yet: ${WHY}`
      assert.deepStrictEqual(yield* standing, { state: "answered", cause })
      assert.include(yield* told, cause)
      const before = yield* read("outbox", ["key", "revision"])
      yield* tell(AnswerFate.Waits({ why: WHY }))
      assert.deepStrictEqual(yield* read("outbox", ["key", "revision"]), before)
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("is parked when it is given up, and names where it can be read", () =>
    Effect.gen(function* () {
      const tell = yield* answered
      yield* tell(AnswerFate.Lost({ to: "parked", why: WHY }))
      const cause = `the answer could not be written: ${WHY}. Its text is in the operator API, at /api/tasks/${ID}`
      assert.deepStrictEqual(yield* standing, { state: "parked", cause })
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("is cancelled when nobody wants it any more", () =>
    Effect.gen(function* () {
      const tell = yield* answered
      yield* tell(AnswerFate.Lost({ to: "cancelled", why: "the issue is closed" }))
      assert.deepStrictEqual(yield* standing, { state: "cancelled", cause: "the issue is closed" })
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("stays when its issue is closed: that is for the look right before the write", () =>
    Effect.gen(function* () {
      yield* answered
      yield* observe(1, Observation.Closed())
      assert.strictEqual((yield* standing)?.state, "answered")
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("is moved by no comment but the answer of its round", () =>
    Effect.gen(function* () {
      const tell = yield* answered
      yield* tell(AnswerFate.Stands(), reportKey(ID, 2))
      assert.strictEqual((yield* standing)?.state, "answered")
      yield* observe(1, assignedBy(2))
      assert.strictEqual((yield* standing)?.state, "ready")
      yield* tell(AnswerFate.Stands())
      assert.strictEqual((yield* standing)?.state, "ready")
      assert.strictEqual((yield* transitions).length, 4)
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("which was a question stays parked when it is given up, and says so", () =>
    Effect.gen(function* () {
      const tasks = yield* Tasks
      yield* observe(1)
      yield* tasks.move(yield* claimOne, "parked", "the work needs a person: see the answer", Effect.void)
      yield* tasks.answer(ID, reportKey(ID, 1), AnswerFate.Lost({ to: "parked", why: WHY }), Effect.void)
      const { cause, state } = (yield* standing) ?? {}
      assert.strictEqual(state, "parked")
      assert.include(cause, `the answer could not be written: ${WHY}`)
    }).pipe(Effect.provide(TasksOnStore))
  )
})
