import { Duration, Effect, Exit, Layer } from "effect"
import type { Digest } from "effect/crypto"
import { taskIdOf } from "../../src/domain/Task.ts"
import type { GitError } from "../../src/git/GitError.ts"
import type { BotIdentity } from "../../src/gitea/BotIdentity.ts"
import type { Gitea } from "../../src/gitea/Gitea.ts"
import type { GiteaError } from "../../src/gitea/GiteaError.ts"
import { IssueReader } from "../../src/issue/IssueReader.ts"
import { Preflight } from "../../src/pull/Preflight.ts"
import { AfterRun, afterRun, isRefusal } from "../../src/work/AfterRun.ts"
import { asFailed } from "../../src/work/Desks.ts"
import { NAME, scene } from "../pull/scene.ts"
import type { makeFetch } from "./faultFetch.ts"
import { callOf } from "./faults.ts"
import type { CodeOperation, codeCases } from "./faults.ts"

/** How the work on code lived through a fault. */
export interface CodeConsequence {
  /** Calls that the fault struck. */
  readonly struck: number
  /** What the task comes to. */
  readonly task: string
  /** Whether it counts as an attempt of the task. */
  readonly isAttempt: boolean
  /** Open pull requests afterwards. */
  readonly pulls: number
}

type Wire = ReturnType<typeof makeFetch>

export const GOES_ON = "goes on"
/** More calls than are made for one case. */
const ALL = 100
/** More refusals in a row than are waited out. */
const LASTING = 1_000

const pauses = (rest: Duration.Duration) => `pauses for ${Duration.format(rest)}`

/** What follows for the claim of a run that ends with the error: at first, and when it is refused for an hour. */
const after = (given: GiteaError | GitError) => {
  const error = given._tag === "GitError" ? asFailed(given) : given
  const [first, later] = [1, LASTING].map((refusals) => afterRun(Exit.fail(error), isRefusal(error) ? refusals : 0))
  const tell = AfterRun.$match({
    Move: ({ outcome }) => `${outcome.to}: ${outcome.cause}`,
    Release: ({ rest }) => pauses(rest),
    Leave: () => "is left"
  })
  const told = [first, later].flatMap((it) => (it === undefined ? [] : [tell(it)]))
  return {
    task: told[0] === told[1] ? `${told[0]}` : told.join("; after an hour "),
    isAttempt: first?._tag === "Release" && first.as === "attempt"
  }
}

/** The steps of the work on code that make the calls, each as it is where it makes them: what the task comes to when all is well. */
const stepsOf = Effect.gen(function* () {
  const { gitea, ground, hand, issue, saved, first, work } = yield* scene
  const { look } = yield* Preflight
  const context = yield* Effect.context<BotIdentity | Gitea | Digest.Digest>()
  // Gitea tells its administrators alone who may write.
  yield* gitea.promote(NAME)
  yield* gitea.comment(issue, "Only the product search.", "ada")
  const on = yield* ground
  const checked = yield* saved(first, "fast")

  const begin = Effect.map(look(work), (verdict) => (verdict._tag === "Go" ? GOES_ON : `parked: ${verdict.why}`))
  const handIn = (turns: number) => Effect.as(hand(on, checked, on.branch.start, { turns }), GOES_ON)
  /** Nothing is known of anybody yet. */
  const read = Effect.gen(function* () {
    const { comments, from } = yield* (yield* IssueReader).thread(taskIdOf(work.repositoryId, work.number))
    return comments.every(({ user }) => from.trusted.has(user.id))
      ? GOES_ON
      : `${GOES_ON}, and who wrote is taken for somebody who may not write`
  }).pipe(Effect.provide(Layer.provide(IssueReader.layer, Layer.succeedContext(context)), { local: true }))

  const steps: { readonly [O in CodeOperation]: Effect.Effect<string, GiteaError | GitError> } = {
    access: begin,
    writer: begin,
    writerNamed: begin,
    createPull: handIn(3),
    setStatus: handIn(3),
    openPullsToHandIn: handIn(3),
    openPulls: begin,
    branch: begin,
    editPull: handIn(4),
    assignable: read,
    mayWrite: read,
    pull: begin
  }
  const open = Effect.map(gitea.pulls(NAME), (all) => all.filter(({ state }) => state === "open"))
  /** What has to be at Gitea for the call to be made. */
  const before = (operation: CodeOperation) =>
    operation === "pull"
      ? Effect.flatMap(
          open,
          Effect.forEach(({ number }) => gitea.closePull(NAME, number), { discard: true })
        )
      : Effect.void
  return { gitea, steps, before, open }
})

/** Work on code in one repository, while one call after the other suffers. */
export const codeWork = Effect.fnUntraced(function* (wire: Wire) {
  const { before, gitea, open, steps } = yield* stepsOf

  const live = Effect.fnUntraced(function* (it: (typeof codeCases)[number]) {
    const struck = wire.struck()
    wire.suffer(it)
    if (it.fault.kind !== "refused") yield* gitea.fail({ ...it.fault, match: callOf(it.operation).match, times: ALL })
    const came = yield* Effect.match(steps[it.operation], {
      onSuccess: (task) => ({ task, isAttempt: false }),
      onFailure: after
    })
    wire.suffer(null)
    yield* gitea.recover
    return { ...came, struck: wire.struck() - struck, pulls: (yield* open).length } satisfies CodeConsequence
  })

  return {
    before,
    live,
    /** What the same step comes to once all is well again, and the open pull requests. */
    recovered: (operation: CodeOperation) =>
      Effect.all({ task: steps[operation], pulls: Effect.map(open, ({ length }) => length) })
  }
})
