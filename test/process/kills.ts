import { assert } from "@effect/vitest"
import { Effect, Random, Ref } from "effect"
import { markerOf } from "../../src/domain/Comment.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import type { SandboxIssue } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"
import type { Life } from "../harness/CoordinatorProcess.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"
import { Sender } from "../harness/Sender.ts"

/** Milliseconds from the start of a process to the latest moment it is killed at; a start alone takes one or two thousand. */
const LONGEST_LIFE = 2_500

const kill = Effect.fnUntraced(function* (life: Life) {
  yield* life.signal("SIGKILL")
  assert.isNull(yield* life.ended)
})

/** Kills at a moment of chance: while it starts, while it takes deliveries, while it works. */
export const killAnywhere = Effect.gen(function* () {
  const life = yield* (yield* CoordinatorProcess).launch()
  yield* Effect.sleep(yield* Random.nextIntBetween(100, LONGEST_LIFE))
  yield* kill(life)
  return 0
})

const deliveries = Effect.flatMap(CoordinatorProcess, ({ store }) => store.read("deliveries", ["seq", "deliveryId"]))
const newestDelivery = Effect.map(deliveries, (all) => all.at(-1)?.seq ?? 0)

const answers = Effect.flatMap(Sender, ({ ledger }) =>
  Effect.map(ledger, (all) => [...all.values()].filter(({ status }) => status !== null).length)
)

/** Looks as often as it can without keeping anything else from going on. */
const spin = <E, R>(probe: Effect.Effect<number, E, R>, above: number) =>
  probe.pipe(
    Effect.tap(() => Effect.yieldNow),
    Effect.repeat({ until: (value) => value > above }),
    Effect.timeout("60 seconds")
  )

/** Kills as soon as a figure has grown; tells how many deliveries were stored and not answered. */
const killWhenGrown = Effect.fnUntraced(function* <E, R>(figure: Effect.Effect<number, E, R>) {
  const { launch, listening } = yield* CoordinatorProcess
  const { hold, ledger, release } = yield* Sender
  yield* hold
  const before = { seq: yield* newestDelivery, figure: yield* figure }
  const life = yield* launch()
  yield* listening(life)
  yield* release
  yield* spin(figure, before.figure)
  yield* kill(life)
  yield* hold
  const sent = yield* ledger
  const stored = (yield* deliveries).filter(({ seq }) => seq > before.seq)
  yield* release
  return stored.filter(({ deliveryId }) => sent.get(deliveryId)?.status === null).length
})

export const killAfterCommit = killWhenGrown(newestDelivery)
export const killAfterAnswer = killWhenGrown(answers)

/** Comments that are on the issue and that the outbox does not know of. */
const unmarked = Effect.fnUntraced(function* (issue: SandboxIssue) {
  const comments = yield* (yield* SandboxGitea).comments(issue)
  const waiting = yield* (yield* CoordinatorProcess).store.column("outbox", "key", { commentId: null })
  return waiting.filter((key) => comments.some(({ body }) => body.includes(markerOf(key)))).length
})

/** Kills while the first comment of the newest issue is written and not answered; tells how many were written and not marked. */
export const killAfterPost = Effect.fnUntraced(function* (issues: Ref.Ref<ReadonlyArray<SandboxIssue>>) {
  const gitea = yield* SandboxGitea
  const issue = (yield* Ref.get(issues)).at(-1)
  assert.isDefined(issue)
  yield* gitea.fail({ kind: "doneThenHang", match: new RegExp(`^POST .*/issues/${issue.number}/comments$`) })
  const life = yield* (yield* CoordinatorProcess).start
  yield* eventuallyInProcess("a comment is written", gitea.comments(issue), (all) => all.length > 0)
  yield* kill(life)
  return yield* unmarked(issue)
})
