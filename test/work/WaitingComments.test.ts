import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Ref } from "effect"
import { TestClock } from "effect/testing"
import { textOf } from "../../src/domain/Comment.ts"
import { progressKey } from "../../src/outbox/Outbox.ts"
import { ReadyTasks } from "../../src/task/ReadyTasks.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { WaitingComments } from "../../src/work/WaitingComments.ts"
import { WorkGate } from "../../src/work/WorkGate.ts"
import { column } from "../harness/StoreReader.ts"
import { observe, taskOf, TasksOnStore } from "../task/support.ts"

const QUEUED = "**Queued. Work starts when a slot is free.**"

/** Waiting tasks are told of, behind a gate that is closed for this reason. */
const telling = Effect.fnUntraced(function* (closed: string | null) {
  const why = yield* Ref.make(closed)
  const gate = Layer.mock(WorkGate, { closed: Ref.get(why) })
  yield* Layer.build(WaitingComments.pipe(Layer.provide([gate, ReadyTasks.layer])))
  return { closes: (reason: string | null) => Ref.set(why, reason) }
})

const said = (number: number) =>
  Effect.map(column("outbox", "body", { key: progressKey(taskOf(number)) }), (bodies) => bodies.map(textOf))
const revision = (number: number) => column("outbox", "revision", { key: progressKey(taskOf(number)) })

const onStore = Effect.provide(TasksOnStore)

describe("WaitingComments", () => {
  it.effect("say nothing of a task whose work starts at once", () =>
    Effect.gen(function* () {
      yield* telling(null)
      yield* observe(1)
      yield* TestClock.adjust("1 second")
      yield* (yield* Tasks).claim
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* said(1), [])
    }).pipe(Effect.scoped, onStore)
  )

  it.effect("say once that a task waits for its turn, after two seconds", () =>
    Effect.gen(function* () {
      yield* telling(null)
      yield* observe(1)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* said(1), [])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* said(1), [QUEUED])
      const before = yield* revision(1)
      yield* observe(2)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* revision(1), before)
      assert.deepStrictEqual(yield* said(2), [QUEUED])
    }).pipe(Effect.scoped, onStore)
  )

  it.effect("say why no work can begin, and that it is only the turn once it can", () =>
    Effect.gen(function* () {
      const { closes } = yield* telling("ANTHROPIC_API_KEY is not set")
      yield* observe(1)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* said(1), ["**Waiting to start.**\n\nWhy: ANTHROPIC_API_KEY is not set."])
      yield* closes(null)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* said(1), [QUEUED])
      yield* closes("COORDINATOR_ENABLED is false")
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* said(1), ["**Waiting to start.**\n\nWhy: COORDINATOR_ENABLED is false."])
    }).pipe(Effect.scoped, onStore)
  )
})
