import { assert, describe, layer } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import type { SandboxIssue } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { eventually } from "../harness/Eventually.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"

const ISSUES = 40
const REPOSITORY = "acme/shop"
const SEED = 7

interface GapRow {
  readonly taskId: string
  readonly cause: string
  readonly state: string
  readonly happenedAt: number
  readonly foundAt: number
}

describe("Gaps", () => {
  layer(harness({ settings: { reconcileInterval: Duration.millis(500) } }), { excludeTestServices: true })((it) => {
    it.effect("are repaired: with 30 % of the hooks lost, doubled or late every assigned issue is worked once", () =>
      Effect.gen(function* () {
        const { gitea, rows, task } = yield* flow
        yield* gitea.createRepository(REPOSITORY)
        yield* gitea.disturb({ seed: SEED, drop: 0.3, duplicate: 0.15, reorder: 0.15 })
        const issues = yield* Effect.forEach(Array.from({ length: ISSUES }), (_, index) =>
          gitea
            .openIssue({ repository: REPOSITORY, title: `Issue ${index}`, body: "", by: "ada" })
            .pipe(Effect.tap((issue) => gitea.assign(issue, gitea.bot.login, "ada")))
        )
        const states = Effect.forEach(issues, task)
        yield* eventually("all issues are worked", states, (all) => all.every((it) => it?.state === "completed"))
        yield* gitea.disturb(null)
        const ready = yield* rows<{ count: number }>(
          `select count(*) as count from transitions where "to" = 'ready' group by task_id having count > 1`
        )
        assert.deepStrictEqual(ready, [])
        const delivered = (yield* gitea.deliveries).filter(({ action }) => action === "assigned")
        assert.isBelow(new Set(delivered.map(({ id }) => id)).size, ISSUES)
      })
    )
  })

  const recorded = (action: string, causes: ReadonlyArray<string>, gaps: ReadonlyArray<GapRow>) =>
    assert.deepStrictEqual(
      gaps.map(({ cause }) => cause),
      causes,
      action
    )

  layer(harness())((it) => {
    it.effect("are recorded with their probable cause, and not while a delivery may still be on its way", () =>
      Effect.gen(function* () {
        const { gitea, rows, task, becomes } = yield* flow
        const gaps = rows<GapRow>("select * from gaps order by id")
        /** Lets an interval of the reconciler pass, and then only as much time as the work of it needs. */
        const found = Effect.fnUntraced(function* (issue: SandboxIssue) {
          yield* TestClock.adjust("5 minutes")
          const moment = Effect.andThen(TestClock.adjust("20 millis"), task(issue))
          yield* eventually("the issue is found and worked", moment, (it) => it?.state === "completed")
        })
        const quiet = { seed: SEED, drop: 1, duplicate: 0, reorder: 0 }
        yield* gitea.createRepository("acme/quiet")
        const assigned = Effect.fnUntraced(function* (title: string) {
          const issue = yield* gitea.openIssue({ repository: "acme/quiet", title, body: "", by: "ada" })
          yield* TestClock.adjust("20 seconds")
          yield* gitea.assign(issue, gitea.bot.login, "ada")
          return issue
        })

        yield* gitea.disturb(quiet)
        yield* found(yield* assigned("Unheard"))
        recorded("no delivery ever came", ["hook missing"], yield* gaps)

        yield* gitea.disturb(null)
        const heard = yield* assigned("Heard")
        yield* becomes(heard, "completed")
        recorded("a delivery is no gap", ["hook missing"], yield* gaps)

        yield* gitea.disturb(quiet)
        const missed = yield* assigned("Missed")
        yield* found(missed)
        recorded("this one was lost on its way", ["hook missing", "unknown"], yield* gaps)
        const [, gap] = yield* gaps
        assert.strictEqual(gap?.taskId, `${missed.repository.id}/${missed.number}`)
        assert.isAtMost((gap?.foundAt ?? 0) - (gap?.happenedAt ?? 0), Duration.toMillis("6 minutes"))

        const late = yield* assigned("Late")
        yield* gitea.disturb(null)
        yield* gitea.edit(late, { body: "It takes 90 s." }, "ada")
        yield* becomes(late, "completed")
        const minute = Effect.andThen(TestClock.adjust("1 minute"), gaps)
        yield* eventually("the lost assignment is recorded", minute, (all) => all.at(2)?.cause === "unknown")
      })
    )
  })
})
