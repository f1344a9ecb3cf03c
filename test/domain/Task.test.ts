import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { ForbiddenTransition, numberOf, repositoryIdOf, TaskId, taskIdOf, transition } from "../../src/domain/Task.ts"
import { TaskState } from "../../src/domain/TaskState.ts"

const id = taskIdOf(21, 57)

/** From each state, the states a task may go to. */
const allowed: Record<TaskState, ReadonlyArray<TaskState>> = {
  ready: ["running", "parked", "failed", "cancelled"],
  running: ["ready", "answered", "parked", "completed", "failed", "cancelled"],
  answered: ["completed", "ready", "parked", "cancelled"],
  parked: ["ready", "cancelled"],
  completed: ["ready"],
  failed: ["ready"],
  cancelled: ["ready"]
}

const pairs = TaskState.literals.flatMap((from) => TaskState.literals.map((to) => ({ from, to })))

describe("transition", () => {
  it.each(pairs)("$from to $to", ({ from, to }) => {
    const result = transition({ id, state: from }, to)
    if (allowed[from].includes(to)) {
      assert.deepStrictEqual(result, Result.succeed(to))
      return
    }
    assert.isTrue(Result.isFailure(result))
    const error = Result.getOrThrow(Result.flip(result))
    assert.instanceOf(error, ForbiddenTransition)
    assert.strictEqual(error.message, `Task 21/57 cannot go from ${from} to ${to}`)
  })
})

describe("TaskId", () => {
  const Id = Schema.Natural

  it.prop("gives back what it was made of", [Id, Id], ([repositoryId, number]) => {
    const made = taskIdOf(repositoryId, number)
    assert.strictEqual(repositoryIdOf(made), repositoryId)
    assert.strictEqual(numberOf(made), number)
  })

  it.each(["", "21", "21/", "/57", "21/57/1", "-21/57", "inkwell/57", "21/57\n"])("is never %j", (text) => {
    assert.isFalse(Schema.is(TaskId)(text))
  })
})
