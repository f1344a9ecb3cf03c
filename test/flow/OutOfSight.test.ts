import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { atWork, gatedServer } from "./atWork.ts"

const LIMIT = 90_000
const OK = { status: "ok" } as const
const UNREADABLE = {
  status: "degraded",
  why: "issues of tasks cannot be read: see the log, and the bot's access"
} as const
const UNHEARD = { seed: 1, drop: 1, duplicate: 0, reorder: 0 }

describe("A repository out of sight", () => {
  for (const refusal of [404, 403] as const) {
    const { gate, layer: server, pass, turns } = gatedServer()
    layer(server)((it) => {
      it.effect(
        `keeps its tasks for an hour and then parks them, to be worked when they are assigned anew (${refusal})`,
        () =>
          Effect.gen(function* () {
            const { both, gitea, readiness, running, states, transitions, views, waiting, worked, writes } =
              yield* atWork("acme/shop", { turns })
            const { first, later } = turns
            const written = yield* writes
            assert.deepInclude((yield* readiness).components, { intake: OK, gitea: OK })

            yield* gitea.hide("acme/shop", refusal)
            // Gitea takes the assignments with the access, and no hook tells of it.
            yield* gitea.disturb(UNHEARD)
            yield* Effect.forEach(both, (issue) => gitea.unassign(issue, gitea.bot.login))
            yield* gitea.disturb(null)
            yield* pass("50 minutes")
            assert.deepStrictEqual(yield* states, ["running", "ready"])
            const { components, ready } = yield* readiness
            assert.deepInclude(components, { intake: UNREADABLE, gitea: OK })
            assert.isTrue(ready)

            yield* pass("20 minutes")
            assert.deepStrictEqual(yield* states, ["parked", "parked"])
            for (const task of yield* views) {
              assert.match(task?.cause ?? "", new RegExp(`not be read for an hour: Gitea: .* failed \\(${refusal}\\)`))
            }
            assert.deepInclude((yield* readiness).components, { intake: UNREADABLE })
            assert.deepStrictEqual(turns, { first, later }, "nothing was paid for")
            assert.deepStrictEqual(yield* writes, written)

            yield* gitea.show("acme/shop")
            yield* gate.open
            yield* Effect.forEach(both, (issue) => gitea.assign(issue, gitea.bot.login, "ada"))
            yield* Effect.forEach(both, (issue) => worked(issue, 2))
            const again = ["ready", "running", "answered", "completed"] as const
            assert.deepStrictEqual(yield* transitions(running), ["ready", "running", "parked", ...again])
            assert.deepStrictEqual(yield* transitions(waiting), ["ready", "parked", ...again])
            yield* pass("1 second")
            assert.deepInclude((yield* readiness).components, { intake: OK })
          }),
        LIMIT
      )
    })
  }

  const { gate, layer: server, pass, turns } = gatedServer()
  layer(server)((it) => {
    it.effect(
      "that is back within the hour has its tasks worked as if nothing had been",
      () =>
        Effect.gen(function* () {
          const { assigned, both, gitea, readiness, report, running, states, task, transitions, waiting, worked } =
            yield* atWork("acme/web", { turns })
          yield* gitea.hide("acme/web")
          const unseen = yield* assigned("Unseen")
          yield* pass("45 minutes")
          assert.deepStrictEqual(yield* states, ["running", "ready"])
          assert.isUndefined(yield* task(unseen), "nobody could look yet")

          yield* gitea.show("acme/web")
          yield* pass("6 minutes")
          assert.deepInclude((yield* readiness).components, { intake: OK })

          // Had the hour gone on, it would be over in this time.
          yield* gitea.hide("acme/web")
          yield* gate.open
          yield* pass("30 minutes")
          assert.deepStrictEqual(yield* states, ["answered", "running"])
          assert.deepInclude(yield* task(waiting), { attempts: 0 })
          assert.isEmpty((yield* Effect.forEach(both, (issue) => report(issue))).flat())

          yield* gitea.show("acme/web")
          yield* pass("6 minutes")
          for (const issue of [running, waiting, unseen]) {
            yield* worked(issue)
            assert.deepStrictEqual(yield* transitions(issue), ["ready", "running", "answered", "completed"])
          }
        }),
      LIMIT
    )
  })
})
