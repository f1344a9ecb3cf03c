import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"

const REPOSITORY = "acme/shop"
const COMMENTS = 160
const LIMIT = 60_000

/** What somebody says in Chinese: that search is slow, again and again. */
const REMARK = "搜索仍然很慢,我在三台机器上都看到了同样的问题,请先检查索引,然后再看缓存。".repeat(6)

const models = [
  ["claude-sandbox-small", "a small window"],
  ["claude-sandbox-dense", "three tokens for what is one to others"]
] as const

for (const [model, what] of models) {
  layer(
    harness({ settings: { model, maxOutputTokens: 1_024 }, before: (gitea) => gitea.createRepository(REPOSITORY) }),
    { excludeTestServices: true }
  )(`A Chinese issue of ${COMMENTS} comments, and a model with ${what}`, (it) => {
    it.effect(
      "is worked, and not parked",
      () =>
        Effect.gen(function* () {
          const { becomes, claude, gitea, transitions } = yield* flow
          const issue = yield* gitea.openIssue({ repository: REPOSITORY, title: "搜索太慢", body: REMARK.repeat(4) })
          yield* Effect.forEach(Array.from({ length: COMMENTS }), () => gitea.comment(issue, REMARK, "ada"), {
            discard: true
          })
          yield* gitea.assign(issue, gitea.bot.login, "ada")
          yield* becomes(issue, "completed")
          assert.deepStrictEqual(yield* transitions(issue), ["ready", "running", "answered", "completed"])
          const long = (yield* claude.requests).filter(
            ({ operation, status }) => operation === "messages" && status === 400
          )
          assert.deepStrictEqual(long, [])
        }),
      LIMIT
    )
  })
}
