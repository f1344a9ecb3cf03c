import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { atWork, gatedServer } from "./atWork.ts"

const LIMIT = 60_000

interface Move {
  readonly from: string
  readonly to: string
  readonly status: number
  move(gitea: SandboxGitea["Service"]): Effect.Effect<void>
}

const MOVES: Readonly<Record<string, Move>> = {
  "to another owner": {
    from: "acme/web",
    to: "umbrella/site",
    status: 301,
    move: (gitea) => gitea.rename("acme/web", "umbrella/site")
  },
  "with its owner, who is renamed": {
    from: "initech/shop",
    to: "hooli/shop",
    status: 307,
    move: (gitea) => gitea.renameOwner("initech", "hooli")
  }
}

describe("Transfer", () => {
  for (const [how, { from, move, status, to }] of Object.entries(MOVES)) {
    const server = gatedServer()
    layer(server.layer)((it) => {
      it.effect(
        `of a repository ${how} keeps the tasks that run and wait, and comments go to the new path`,
        () =>
          Effect.gen(function* () {
            const { both, gitea, running, task, transitions, waiting, worked, writes } = yield* atWork(from, server)
            const [asked, written] = [(yield* gitea.requests).length, (yield* writes).length]
            yield* move(gitea)
            yield* server.gate.open
            for (const issue of [running, waiting]) {
              yield* worked(issue)
              assert.deepStrictEqual(yield* transitions(issue), ["ready", "running", "answered", "completed"])
              assert.deepInclude(yield* task(issue), { fullName: to, generation: 1, attempts: 0 })
            }
            const old = (yield* gitea.requests).slice(asked).filter(({ path }) => path.includes(`/repos/${from}/`))
            assert.deepStrictEqual([...new Set(old.map((it) => it.status))], [status])
            const later = (yield* writes).slice(written)
            assert.isAtLeast(later.length, both.length * 2, "an edit and a report each")
            assert.deepStrictEqual(
              later.filter(({ path }) => !path.startsWith(`/api/v1/repos/${to}/`)),
              []
            )
          }),
        LIMIT
      )
    })
  }

  const server = gatedServer()
  layer(server.layer)((it) => {
    it.effect(
      "that takes the bot's access away leaves the tasks out of sight, to go on under the new path once it is given back",
      () =>
        Effect.gen(function* () {
          const { gitea, readiness, running, states, task, waiting, worked, writes } = yield* atWork("acme/app", server)
          const written = yield* writes
          yield* gitea.rename("acme/app", "umbrella/tool")
          yield* gitea.hide("umbrella/tool")
          yield* server.pass("30 minutes")
          assert.deepStrictEqual(yield* states, ["running", "ready"])
          assert.strictEqual((yield* readiness).components.intake.status, "degraded")
          assert.deepStrictEqual(yield* writes, written)

          yield* gitea.show("umbrella/tool")
          yield* server.gate.open
          for (const issue of [running, waiting]) {
            yield* worked(issue)
            assert.strictEqual((yield* task(issue))?.fullName, "umbrella/tool")
          }
        }),
      LIMIT
    )
  })
})
