import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Latch, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { NOTHING_KNOWN } from "../../src/domain/Recollection.ts"
import type { TaskId } from "../../src/domain/Task.ts"
import { numberOf } from "../../src/domain/Task.ts"
import { fromStatus } from "../../src/gitea/GiteaError.ts"
import type { GiteaError } from "../../src/gitea/GiteaError.ts"
import { IssueObserver } from "../../src/task/IssueObserver.ts"
import { issue } from "../harness/Deliveries.ts"
import { mocks } from "../harness/Mocks.ts"
import { SUBJECT } from "../harness/Workbench.ts"
import { assignedBy, taskOf, TasksOnStore } from "./support.ts"

/**
 * The observer over a real store. `told` has what happened in order, `gate` stands within a look, `door` before its commit, and `broken` is why
 * looks fail.
 */
const scene = () => {
  const told: Array<string> = []
  const tell = (what: string) => Effect.sync(() => void told.push(what))
  const gate = Latch.makeUnsafe(true)
  const door = Latch.makeUnsafe(true)
  const broken: { error: GiteaError | null } = { error: null }
  const looks = mocks.IssueReader({
    recollect: () => Effect.succeed(NOTHING_KNOWN),
    look: ({ taskId }) =>
      Effect.gen(function* () {
        const number = numberOf(taskId)
        yield* tell(`look ${number}`)
        yield* gate.await
        if (broken.error !== null) return yield* broken.error
        return { subject: { ...SUBJECT, number }, issue: issue(), observation: assignedBy(1) }
      })
  })
  const layer = IssueObserver.layer.pipe(Layer.provide(looks), Layer.provideMerge(TasksOnStore))

  /** An observation, as a stage begins one beside others. */
  const observe = (id: TaskId) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const observer = yield* IssueObserver
      const settle = Effect.gen(function* () {
        yield* tell(`settle ${numberOf(id)}`)
        yield* door.await
        yield* sql.afterCommit(tell(`commit ${numberOf(id)}`))
      })
      return yield* observer.observe({ taskId: id, fullName: SUBJECT.fullName }, () => settle)
    }).pipe(Effect.forkChild({ startImmediately: true }))
  return { told, gate, door, broken, layer, observe }
}

/** Everything that can go on has gone on, to where it waits for the gate or for its turn. */
const still = Effect.repeat(Effect.yieldNow, { times: 100 })

describe("IssueObserver", () => {
  it.effect("looks at an issue again only after the observation before it is committed", () => {
    const { door, gate, layer, observe, told } = scene()
    return Effect.gen(function* () {
      yield* gate.close
      yield* door.close
      const all = [yield* observe(taskOf(1)), yield* observe(taskOf(1)), yield* observe(taskOf(1))]
      yield* still
      assert.deepStrictEqual(told, ["look 1"])
      yield* gate.open
      yield* still
      assert.deepStrictEqual(told, ["look 1", "settle 1"])
      yield* door.open
      const changes = yield* Effect.forEach(all, Fiber.join)
      assert.deepStrictEqual(told, Array.from({ length: 3 }, () => ["look 1", "settle 1", "commit 1"]).flat())
      assert.deepStrictEqual(
        changes.map(({ before, after }) => [before?.state, after?.state]),
        [
          [undefined, "ready"],
          ["ready", "ready"],
          ["ready", "ready"]
        ]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("looks at other issues meanwhile", () => {
    const { gate, layer, observe, told } = scene()
    return Effect.gen(function* () {
      yield* gate.close
      const all = [yield* observe(taskOf(1)), yield* observe(taskOf(2)), yield* observe(taskOf(1))]
      yield* still
      assert.deepStrictEqual(told, ["look 1", "look 2"])
      yield* gate.open
      yield* Effect.forEach(all, Fiber.join)
      assert.sameMembers(told.slice(2), [
        "settle 1",
        "commit 1",
        "settle 2",
        "commit 2",
        "look 1",
        "settle 1",
        "commit 1"
      ])
    }).pipe(Effect.provide(layer))
  })

  it.effect("gives the turn on when a look fails or is given up", () => {
    const { broken, gate, layer, observe, told } = scene()
    return Effect.gen(function* () {
      yield* gate.close
      broken.error = fromStatus("issue", 500)
      const failing = yield* observe(taskOf(1))
      const stopped = yield* observe(taskOf(1))
      const last = yield* observe(taskOf(1))
      yield* gate.release
      assert.isTrue(Exit.isFailure(yield* Fiber.await(failing)))
      yield* still
      assert.deepStrictEqual(told, ["look 1", "look 1"])
      yield* Fiber.interrupt(stopped)
      broken.error = null
      yield* gate.open
      yield* Fiber.join(last)
      assert.deepStrictEqual(told, ["look 1", "look 1", "look 1", "settle 1", "commit 1"])
    }).pipe(Effect.provide(layer))
  })
})
