import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import type { SandboxIssue } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"
import { heldTurn } from "./heldTurn.ts"

const LIMIT = 180_000
/** Issues it is given after it woke, each of which makes its reporter and its worker look. */
const MORE = 4

const DRAFT = { repository: "acme/shop", body: "It takes 9 s.", by: "ada" }

/** What a process that took the store over would have written while this one slept. */
const TAKEN_OVER = `
  update holder set token = 'another', since = since + 1;
  update tasks set lease = 'another', lease_expires_at = lease_expires_at + 3600000;
  update outbox set body = body || 'by another', revision = revision + 1, state = 'pending', not_before = 0`

/** All that the world outside can see of a coordinator and of its work on an issue. */
const outside = Effect.fnUntraced(function* ({ number, repository }: SandboxIssue) {
  const gitea = yield* SandboxGitea
  const claude = yield* SandboxClaude
  const { store } = yield* CoordinatorProcess
  const writes = (yield* gitea.requests).filter(({ method }) => method !== "GET")
  const paid = (yield* claude.requests).filter(({ operation }) => operation === "messages" || operation === "compact")
  return {
    writes,
    paid: paid.length,
    journal: yield* store.rows("select session_id, seq from journal"),
    transitions: yield* store.rows(`select id from transitions where task_id = '${repository.id}/${number}'`)
  }
})

describe("Suspension", () => {
  it.live(
    "writes nothing outside after it slept while another process took over",
    () =>
      Effect.gen(function* () {
        const gitea = yield* SandboxGitea
        const { store } = yield* CoordinatorProcess
        const { issue, life, turn } = yield* heldTurn
        const sent = store.rows<{ state: string }>("select state from outbox")
        yield* eventuallyInProcess("the progress comment is written", sent, (rows) => rows[0]?.state === "sent")

        // Stopped in the middle of a commit it would still hold the lock of the store: then it goes on, and is stopped again.
        const takenOver = Effect.gen(function* () {
          yield* life.signal("SIGSTOP")
          const isFree = Exit.isSuccess(yield* Effect.exit(store.write(TAKEN_OVER)))
          if (!isFree) yield* life.signal("SIGCONT")
          return isFree
        })
        yield* eventuallyInProcess("it sleeps between two commits", takenOver, (is) => is)
        const before = yield* outside(issue)
        yield* turn.release
        yield* life.signal("SIGCONT")

        yield* eventuallyInProcess("its run ends", life.logged("Task 1/1 lost its lease"), (times) => times === 1)
        for (let given = 1; given <= MORE; given++) {
          yield* gitea.openIssue({ ...DRAFT, title: `Slow search ${given}`, assignees: [gitea.bot.login] })
          yield* eventuallyInProcess("there is a task", store.rows("select 1 from tasks"), (all) => all.length > given)
          // Of every comment that waits.
          const told = ((given + 1) * (given + 2)) / 2 - 1
          yield* eventuallyInProcess(
            "its reporter holds back",
            life.logged("Comment not written: another process holds the store"),
            (times) => times >= told
          )
        }
        assert.deepStrictEqual(yield* outside(issue), before)
        assert.deepStrictEqual(
          (yield* gitea.comments(issue)).filter(({ body }) => body.includes("by another")),
          []
        )
        yield* life.signal("SIGTERM")
        assert.strictEqual(yield* life.ended, 0)
        assert.deepStrictEqual(yield* outside(issue), before)
        assert.deepStrictEqual(yield* store.rows("select lease, count(*) as tasks from tasks group by lease"), [
          { lease: null, tasks: MORE },
          { lease: "another", tasks: 1 }
        ])
      }).pipe(Effect.provide(CoordinatorProcess.layer)),
    LIMIT
  )
})
