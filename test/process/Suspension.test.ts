import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit } from "effect"
import { taskIdOf } from "../../src/domain/Task.ts"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import type { SandboxIssue } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"
import { UNSENT } from "../harness/StoreBuilder.ts"
import type { StoreView } from "../harness/StoreView.ts"
import { heldTurn } from "./heldTurn.ts"

const LIMIT = 180_000
/** Issues it is given after it woke, each of which makes its reporter and its worker look. */
const MORE = 4
const HOUR = Duration.toMillis(Duration.hours(1))

const DRAFT = { repository: "acme/shop", body: "It takes 9 s.", by: "ada" }

/** What a process that took the store over would have written while this one slept. */
const takeOver = Effect.fnUntraced(function* (store: StoreView) {
  const [holder] = yield* store.read("holder", ["since"])
  const [task] = yield* store.read("tasks", ["leaseExpiresAt"])
  const [comment] = yield* store.read("outbox", ["body", "revision"])
  assert.isDefined(comment)
  yield* store.alter("holder", { token: "another", since: (holder?.since ?? 0) + 1 })
  yield* store.alter("tasks", { lease: "another", leaseExpiresAt: (task?.leaseExpiresAt ?? 0) + HOUR })
  const { body, revision } = comment
  yield* store.alter("outbox", { ...UNSENT, body: `${body}by another`, revision: revision + 1 })
})

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
    journal: yield* store.read("journal", ["sessionId", "seq"]),
    transitions: yield* store.column("transitions", "id", { taskId: taskIdOf(repository.id, number) })
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
        const states = store.column("outbox", "state")
        yield* eventuallyInProcess("the progress comment is written", states, ([state]) => state === "sent")

        // Stopped in the middle of a commit it would still hold the lock of the store: then it goes on, and is stopped again.
        const takenOver = Effect.gen(function* () {
          yield* life.signal("SIGSTOP")
          const isFree = Exit.isSuccess(yield* Effect.exit(takeOver(store)))
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
          yield* eventuallyInProcess("there is a task", store.count("tasks"), (all) => all > given)
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
        const leases = yield* store.column("tasks", "lease")
        assert.sameMembers([...leases], ["another", ...Array.from({ length: MORE }, () => null)])
      }).pipe(Effect.provide(CoordinatorProcess.layer)),
    LIMIT
  )
})
