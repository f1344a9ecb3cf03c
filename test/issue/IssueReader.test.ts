import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { taskIdOf } from "../../src/domain/Task.ts"
import { fromStatus } from "../../src/gitea/GiteaError.ts"
import { IssueReader } from "../../src/issue/IssueReader.ts"
import { BOT, issue, REPOSITORY } from "../harness/Deliveries.ts"
import { mocks } from "../harness/Mocks.ts"

/** What a look sees when Gitea answers so to the reads of the issue, one after the other. */
const seen = (...statuses: ReadonlyArray<number>) => seenBy(false, statuses)

const seenBy = (isKeptOut: boolean, statuses: ReadonlyArray<number>) => {
  let reads = 0
  const gitea = mocks.Gitea({
    issue: () =>
      Effect.suspend(() => {
        const status = statuses[reads++] ?? 200
        return status === 200
          ? Effect.succeed({ ...issue(), state: "closed" as const })
          : Effect.fail(fromStatus("read issue", status, undefined))
      }),
    repository: () => Effect.succeed(REPOSITORY),
    repositoryNamed: () => (isKeptOut ? Effect.fail(fromStatus("read repository", 404)) : Effect.succeed(REPOSITORY))
  })
  return IssueReader.pipe(
    Effect.flatMap((issues) =>
      issues.look({ taskId: taskIdOf(REPOSITORY.id, issue().number), fullName: REPOSITORY.fullName })
    ),
    Effect.map(({ observation }) => observation._tag),
    Effect.provide(
      IssueReader.layer.pipe(
        Layer.provide([gitea, mocks.BotIdentity({ confirmed: Effect.succeed(BOT) }), NodeCrypto.layer])
      )
    )
  )
}

describe("IssueReader", () => {
  it.effect("takes an issue for gone that its repository does not have, once that is seen", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* seen(404, 404), "Gone")
    })
  )

  it.effect("knows nothing of an issue whose repository is shown by its id alone", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(seenBy(true, [404, 404]))).status, 404)
    })
  )

  it.effect("knows nothing of an issue whose repository is renamed under its eyes", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(seen(404, 301))).status, 301)
    })
  )

  it.effect("does not take an issue for gone that was out of sight until its repository was seen", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* seen(404, 200), "Closed")
      assert.strictEqual(yield* seen(301, 200), "Closed")
    })
  )
})
