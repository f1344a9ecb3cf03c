import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Observation } from "../../src/domain/Mandate.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { read } from "../harness/StoreReader.ts"
import { observe, taskOf, TasksOnStore } from "./support.ts"

const noted = read("tasks", ["number", "state", "unreadableSince"])

describe("Parking", () => {
  it.effect("notes that an issue cannot be read, and since when, unless its task is over", () =>
    Effect.gen(function* () {
      const tasks = yield* Tasks
      yield* observe(57)
      yield* observe(58)
      yield* observe(58, Observation.Closed())
      yield* TestClock.adjust("1 second")
      yield* tasks.unreadable(taskOf(57), "no sight")
      yield* tasks.unreadable(taskOf(58), "no sight")
      assert.deepStrictEqual(yield* noted, [
        { number: 57, state: "ready", unreadableSince: 1_000 },
        { number: 58, state: "cancelled", unreadableSince: null }
      ])
    }).pipe(Effect.provide(TasksOnStore))
  )
})
