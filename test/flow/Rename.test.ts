import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { inspect } from "node:util"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"

const DRAFT = { title: "Slow search", body: "It takes 9 s." }

/** An issue of a repository, at work on a held turn. */
const atWork = Effect.fnUntraced(function* (repository: string) {
  const it = yield* flow
  const { claude, gitea, said } = it
  yield* gitea.createRepository(repository)
  const turn = yield* claude.hold("messages")
  const issue = yield* gitea.openIssue({ ...DRAFT, repository, assignees: [gitea.bot.login] })
  yield* turn.arrived
  yield* said
  return { ...it, issue, turn }
})

describe("Rename", () => {
  layer(harness(), { excludeTestServices: true })((it) => {
    it.effect("of a repository keeps the task, and comments go to the new path", () =>
      Effect.gen(function* () {
        const { becomes, gitea, issue, progress, report, said, transitions, turn } = yield* atWork("acme/shop")
        const asked = (yield* gitea.requests).length
        yield* gitea.rename("acme/shop", "acme/store")
        yield* turn.release
        const task = yield* becomes(issue, "completed")
        yield* said
        assert.deepStrictEqual(yield* transitions(issue), ["ready", "running", "answered", "completed"])
        assert.strictEqual(task?.generation, 1)
        assert.lengthOf(yield* progress(issue), 1)
        assert.lengthOf(yield* report(issue), 1)
        const writes = (yield* gitea.requests).slice(asked).filter(({ method }) => method !== "GET")
        assert.isNotEmpty(writes)
        assert.isTrue(writes.every(({ path }) => path.startsWith("/api/v1/repos/acme/store/")))
      })
    )

    it.effect("leaves a new repository under the old name untouched", () =>
      Effect.gen(function* () {
        const { becomes, claude, gitea, issue, report, said, settled, task, turn } = yield* atWork("acme/web")
        yield* gitea.rename("acme/web", "umbrella/site")
        yield* gitea.createRepository("acme/web")
        const namesake = yield* gitea.openIssue({ ...DRAFT, repository: "acme/web" })
        assert.strictEqual(namesake.number, issue.number)
        yield* gitea.comment(namesake, "Not for other eyes.")
        yield* turn.release
        yield* becomes(issue, "completed")
        yield* said
        assert.lengthOf(yield* report(issue), 1)
        assert.lengthOf(yield* gitea.comments(namesake), 1)
        assert.notInclude(inspect(yield* claude.requests, { depth: null }), "Not for other eyes.")
        assert.isUndefined(yield* task(namesake))

        yield* gitea.assign(namesake, gitea.bot.login)
        yield* settled
        yield* becomes(namesake, "completed")
        yield* said
        assert.lengthOf(yield* report(namesake), 1)
        assert.lengthOf(yield* report(issue), 1)
      })
    )

    it.effect("is learnt from the next look, when nothing else tells of it", () =>
      Effect.gen(function* () {
        const { becomes, gitea, issue, settled, task, turn } = yield* atWork("acme/app")
        yield* turn.release
        yield* becomes(issue, "completed")
        yield* gitea.rename("acme/app", "acme/tool")
        yield* gitea.edit(issue, { body: "It takes 12 s." })
        yield* settled
        assert.strictEqual((yield* task(issue))?.fullName, "acme/tool")
      })
    )
  })
})
