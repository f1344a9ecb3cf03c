import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { logged } from "../harness/Logged.ts"
import { observe, TasksOnStore, transitions } from "./support.ts"

describe("Transitions", () => {
  it.effect("are logged once they are sure, and not when they are undone", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* Effect.flip(sql.withTransaction(Effect.andThen(observe(57), Effect.fail("undo"))))
      assert.deepStrictEqual([yield* transitions, lines], [[], []])
      yield* observe(57)
      assert.deepStrictEqual(lines, ["Info Task changed state"])
    }).pipe(Effect.provide(Layer.merge(TasksOnStore, logged(lines))))
  })
})
