import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Readiness } from "../../src/operator/Readiness.ts"
import { eventually } from "../harness/Eventually.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"

const NAME = "acme/shop"
const DRAFT = { repository: NAME, title: "Slow search", body: "It takes 9 s." }
const ANSWERED = 4
/** All that a store knows, children first. */
const TABLES = ["samples", "journal", "sessions", "outbox", "transitions", "gaps", "tasks", "deliveries"] as const

const scene = Effect.gen(function* () {
  const it = yield* flow
  const { claude, gitea, store } = it
  const bot = gitea.bot.login
  return {
    ...it,
    bot,
    assigned: (title: string) => gitea.openIssue({ ...DRAFT, title, assignees: [bot] }),
    paid: Effect.map(claude.requests, (all) => all.filter(({ operation }) => operation === "messages").length),
    writes: Effect.map(gitea.requests, (all) => all.filter(({ method }) => method !== "GET").length),
    found: Effect.map((yield* Readiness).report, ({ components }) => components.store),
    /** A store that knows nothing, beside issues as they are. */
    lose: Effect.forEach(TABLES, (table) => store.remove(table), { discard: true })
  }
})

describe("A store that was lost", () => {
  layer(harness({ before: (gitea) => gitea.createRepository(NAME) }), { excludeTestServices: true })((it) => {
    it.effect("pays for nothing that stands answered on its issue, and says nothing twice", () =>
      Effect.gen(function* () {
        const {
          assigned,
          becomes,
          bot,
          claude,
          found,
          gitea,
          lose,
          paid,
          progress,
          report,
          said,
          settled,
          task,
          writes
        } = yield* scene
        const answered = yield* Effect.forEach(Array.from({ length: ANSWERED }), (_, index) =>
          assigned(`Done ${index}`)
        )
        yield* Effect.forEach(answered, (issue) => becomes(issue, "completed"))
        yield* claude.respond(() => ({
          content: [{ type: "tool_use", name: "finish", input: { answer: "Which press?", status: "blocked" } }]
        }))
        const asked = yield* assigned("Asks")
        yield* becomes(asked, "parked")
        yield* said
        yield* settled
        const all = [...answered, asked]
        const comments = yield* Effect.forEach(all, gitea.comments)
        const before = { paid: yield* paid, writes: yield* writes }

        yield* lose
        yield* Effect.forEach(all, (issue) => gitea.edit(issue, { body: "More words." }))
        yield* settled
        for (const issue of answered) assert.strictEqual((yield* task(issue))?.state, "completed")
        assert.strictEqual((yield* task(asked))?.state, "parked")
        yield* said
        assert.deepStrictEqual({ paid: yield* paid, writes: yield* writes }, before)
        assert.deepStrictEqual(yield* Effect.forEach(all, gitea.comments), comments)
        const { status, why } = yield* eventually("readiness tells", found, (store) => store.why !== undefined)
        assert.strictEqual(status, "ok")
        assert.include(why, `${all.length} tasks were found again on their issues`)

        // A new mandate is new work: in the same progress comment, with an answer of its own.
        const [again] = answered
        assert.isDefined(again)
        yield* claude.respond(() => ({
          content: [{ type: "tool_use", name: "finish", input: { answer: "Use two.", status: "done" } }]
        }))
        yield* gitea.unassign(again, bot)
        yield* gitea.assign(again, bot, "ada")
        yield* settled
        yield* becomes(again, "completed")
        yield* said
        assert.lengthOf(yield* progress(again), 1)
        assert.lengthOf(yield* report(again, 1), 1)
        assert.lengthOf(yield* report(again, 2), 1)
      })
    )

    it.effect("works anew what was assigned again meanwhile, and overwrites no answer", () =>
      Effect.gen(function* () {
        const { assigned, becomes, bot, gitea, lose, progress, report, said, settled } = yield* scene
        const issue = yield* assigned("Assigned twice")
        yield* becomes(issue, "completed")
        yield* said
        yield* settled
        const [first] = yield* report(issue, 1)
        yield* gitea.disturb({ seed: 1, drop: 1, duplicate: 0, reorder: 0 })
        yield* gitea.unassign(issue, bot)
        yield* gitea.assign(issue, bot, "ada")
        yield* gitea.disturb(null)
        yield* lose
        yield* gitea.edit(issue, { body: "More words." })
        yield* settled
        yield* becomes(issue, "completed")
        yield* said
        assert.deepStrictEqual(yield* report(issue, 1), first === undefined ? [] : [first])
        assert.lengthOf(yield* report(issue, 2), 1)
        assert.lengthOf(yield* progress(issue), 1)
      })
    )
  })
})
