import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { taskIdOfIssue } from "../harness/Flow.ts"
import { UNSENT } from "../harness/StoreBuilder.ts"
import { atWork, gatedServer } from "./atWork.ts"

const LIMIT = 60_000
const LOCKED = /failed \(423\): the repository is archived/

describe("An archived repository", () => {
  const first = gatedServer()
  layer(first.layer)((it) => {
    it.effect(
      "has its tasks parked once a comment is refused, to be worked when they are assigned anew",
      () =>
        Effect.gen(function* () {
          const { assigned, gitea, running, states, store, task, transitions, until, views, waiting, worked, writes } =
            yield* atWork("acme/shop", first)
          yield* gitea.archive("acme/shop")
          const unsaid = yield* assigned("Unsaid")
          // The one that runs comes last: the other would be begun in its place.
          const all = [unsaid, waiting, running]
          for (const issue of all) {
            yield* store.alter("outbox", UNSENT, { taskId: taskIdOfIssue(issue) })
            yield* until(issue, "parked")
          }
          for (const view of [...(yield* views), yield* task(unsaid)]) assert.match(view?.cause ?? "", LOCKED)
          const turns = { ...first.turns }
          const tries = (yield* writes).length

          // Archived, an issue can still be read, and is the bot's: that parks and cancels nothing.
          yield* first.pass("30 minutes")
          assert.deepStrictEqual(yield* states, ["parked", "parked"])
          assert.deepStrictEqual(first.turns, turns, "nothing was paid for")
          assert.isAtMost((yield* writes).length - tries, all.length * 7, "one try for each in five minutes")

          yield* gitea.unarchive("acme/shop")
          yield* first.gate.open
          yield* gitea.disturb({ seed: 1, drop: 1, duplicate: 0, reorder: 0 })
          yield* Effect.forEach(all, (issue) => gitea.unassign(issue, gitea.bot.login))
          yield* gitea.disturb(null)
          yield* Effect.forEach(all, (issue) => gitea.assign(issue, gitea.bot.login, "ada"))
          yield* Effect.forEach(all, (issue) => worked(issue, 2))
          const again = ["ready", "running", "answered", "completed"] as const
          assert.deepStrictEqual(yield* transitions(running), ["ready", "running", "parked", ...again])
          assert.deepStrictEqual(yield* transitions(waiting), ["ready", "parked", ...again])
        }),
      LIMIT
    )
  })

  const second = gatedServer()
  layer(second.layer)((it) => {
    it.effect(
      "that is opened again within the hour gets the report of what was finished meanwhile",
      () =>
        Effect.gen(function* () {
          const { gitea, report, running, transitions, until, worked } = yield* atWork("acme/web", second)
          yield* gitea.archive("acme/web")
          yield* second.gate.open
          yield* until(running, "answered")
          yield* second.pass("30 minutes")
          assert.isEmpty(yield* report(running))

          yield* gitea.unarchive("acme/web")
          yield* second.pass("6 minutes")
          yield* worked(running)
          assert.deepStrictEqual(yield* transitions(running), ["ready", "running", "answered", "completed"])
        }),
      LIMIT
    )
  })
})
