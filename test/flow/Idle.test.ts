import { assert, describe, layer } from "@effect/vitest"
import { Duration, Effect, Layer, Logger } from "effect"
import { EvenRandom } from "../harness/EvenRandom.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { soon } from "../harness/Soon.ts"
import { makeWire } from "../harness/Wire.ts"
import { countedWrites } from "../harness/Writes.ts"

const LIMIT = 60_000
const REPOSITORY = "acme/shop"

const { layer: counting, writes } = countedWrites()
const wire = makeWire()

describe("An idle coordinator", () => {
  layer(
    harness({
      before: (gitea) => gitea.createRepository(REPOSITORY),
      log: Layer.merge(counting, Logger.layer([])),
      settings: { reconcileInterval: Duration.minutes(5) }
    }).pipe(Layer.provide([wire.layer, EvenRandom]))
  )((it) => {
    it.effect(
      "opens no write transaction between two rounds of the reconciler, nor in one that finds nothing",
      () =>
        Effect.gen(function* () {
          const { gitea, said, task, unhandled } = yield* flow
          const issue = yield* gitea.openIssue({
            repository: REPOSITORY,
            title: "Slow search",
            body: "",
            by: "ada",
            assignees: [gitea.bot.login]
          })
          yield* soon("it is worked", task(issue), (it) => it?.state === "completed")
          yield* said
          yield* wire.pass("6 minutes")
          assert.isNotEmpty(writes, "work is seen")
          yield* gitea.close(issue)
          yield* gitea.drained
          yield* soon("it is settled", unhandled, (count) => count === 0)

          writes.length = 0
          yield* wire.pass("14 minutes")
          assert.deepStrictEqual(writes, [])
        }),
      LIMIT
    )
  })
})
