import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { column, read } from "../harness/StoreReader.ts"
import { observe, taskOf, TasksOnStore } from "../task/support.ts"
import { done, worker } from "./support.ts"

describe("TaskWorker and GITEA_REPOSITORIES", () => {
  it.effect("parks the task of a repository that was taken off the list, and works none of it", () =>
    Effect.gen(function* () {
      yield* observe(57)
      yield* Layer.build(worker({ run: () => Effect.die("must not run"), repositories: ["acme/*"] }))
      yield* TestClock.adjust("1 second")
      const [task] = yield* read("tasks", ["state", "cause", "fullName"])
      assert.deepInclude(task, {
        state: "parked",
        cause: `${task?.fullName} is not in GITEA_REPOSITORIES: add it there first`
      })
    }).pipe(Effect.provide(TasksOnStore))
  )

  it.effect("works the tasks of those that are on it", () =>
    Effect.gen(function* () {
      yield* observe(57)
      const repositories = yield* column("tasks", "fullName")
      yield* Layer.build(worker({ run: () => Effect.succeed(done), repositories }))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* read("tasks", ["id", "state"]), [{ id: taskOf(57), state: "answered" }])
    }).pipe(Effect.provide(TasksOnStore))
  )
})
