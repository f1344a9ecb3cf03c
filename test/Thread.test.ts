import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { SandboxGitea } from "../src/sandbox/gitea/SandboxGitea.ts"
import { eventually } from "./harness/Eventually.ts"
import { Coordinator, harness } from "./harness/Harness.ts"

describe("Thread", () => {
  layer(harness(), { excludeTestServices: true })((it) => {
    it.effect("answers an assigned issue with one progress comment and one report", () =>
      Effect.gen(function* () {
        const gitea = yield* SandboxGitea
        const { store } = yield* Coordinator
        yield* gitea.createRepository("acme/shop")
        const issue = yield* gitea.openIssue({
          repository: "acme/shop",
          title: "Slow search",
          body: "It takes 9 s.",
          by: "ada"
        })
        yield* gitea.assign(issue, gitea.bot.login, "ada")
        const comments = yield* eventually("two comments", gitea.comments(issue), (all) => all.length === 2)
        assert.deepStrictEqual(
          comments.map(({ user }) => user),
          [gitea.bot.login, gitea.bot.login]
        )
        assert.include(comments[1]?.body, "Slow search")
        yield* eventually("the task completed", store.column("tasks", "state"), ([state]) => state === "completed")
      })
    )
  })
})
