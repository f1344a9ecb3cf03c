import { assert, describe, it } from "@effect/vitest"
import type { IssueChange } from "../../src/domain/IssueChange.ts"
import { isRepair } from "../../src/domain/IssueChange.ts"
import { Observation } from "../../src/domain/Mandate.ts"
import { FullName } from "../../src/domain/Repository.ts"
import { taskIdOf } from "../../src/domain/Task.ts"
import type { Task } from "../../src/domain/Task.ts"

const task = (fields: Partial<Task> = {}): Task => ({
  id: taskIdOf(21, 57),
  repositoryId: 21,
  number: 57,
  fullName: FullName.make("inkwell/letterpress"),
  title: "",
  state: "ready",
  priority: 2,
  mandate: null,
  generation: 1,
  round: 1,
  attempts: 0,
  requests: 0,
  tries: 0,
  turns: 0,
  tokens: 0,
  elapsed: 0,
  cause: "",
  saved: null,
  readyAt: 0,
  updatedAt: 0,
  traceparent: null,
  ...fields
})

const change = (
  before: Task | null,
  after: Task | null,
  observation: Observation = Observation.Closed()
): IssueChange => ({
  observation,
  before,
  after
})

describe("isRepair", () => {
  it.each<readonly [string, boolean, IssueChange]>([
    ["creates a task", true, change(null, task())],
    ["starts it again", true, change(task({ state: "completed" }), task({ round: 2 }))],
    ["cancels it", true, change(task(), task({ state: "cancelled" }))],
    ["finds no task", false, change(null, null)],
    ["leaves it as it is", false, change(task(), task())],
    ["finds it taken by a worker", false, change(task(), task({ state: "running" }))],
    ["finds it cancelled already", false, change(task({ state: "cancelled" }), task({ state: "cancelled" }))],
    ["finds the issue deleted", false, change(task(), task({ state: "cancelled" }), Observation.Gone())]
  ])("of a look that %s is %s", (_, expected, it) => assert.strictEqual(isRepair(it), expected))
})
