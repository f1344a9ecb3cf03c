import { Context, Effect, Layer } from "effect"
import type { GitError } from "../git/GitError.ts"
import { Gitea } from "../gitea/Gitea.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import type { PullRequest } from "../gitea/PullRequest.ts"
import { disarm } from "../outbox/Disarming.ts"
import type { Handed } from "./Handed.ts"
import { makeHandedCommit } from "./HandedCommit.ts"
import { openPullOf } from "./OpenPull.ts"
import { makePush } from "./Push.ts"

const CONTEXT = "mosaic/checks"
const SUMMARY_LENGTH = 20_000

/** From a saved tree to one pull request. Each step can be done again: a crash between two is repaired by the next try. */
export class Submission extends Context.Service<
  Submission,
  {
    /** The one open pull request of the task; null: the tree is that of the base, and there is nothing to hand in. */
    submit(handed: Handed): Effect.Effect<PullRequest | null, GitError | GiteaError>
  }
>()("mosaic-coordinator/pull/Submission") {
  static readonly layer = Layer.effect(
    Submission,
    Effect.gen(function* () {
      const gitea = yield* Gitea
      const { commitOf, isEmpty } = yield* makeHandedCommit
      const { push, refuseToOverwrite } = yield* makePush
      const { findOrCreate } = openPullOf(gitea)

      const submit = Effect.fn("Submission.submit")(function* (handed: Handed) {
        const { facts, ground } = handed
        if (yield* isEmpty(handed)) return null
        const summary = yield* disarm(handed.summary.slice(0, SUMMARY_LENGTH).toWellFormed())
        const commit = yield* commitOf(handed, summary)
        yield* refuseToOverwrite(handed, commit)
        yield* push(handed, commit)
        const pull = yield* findOrCreate(handed, commit, summary)
        // To somebody who may only read Gitea leaves no say about a commit.
        if (ground.way === "agit") return pull
        yield* gitea.setStatus(ground.repository.fullName, commit, {
          state: "success",
          context: CONTEXT,
          description:
            facts.checks.length === 0 ? "no checks" : `${facts.checks.length} of ${facts.checks.length} checks passed`
        })
        yield* Effect.logInfo("Pull request ready").pipe(
          Effect.annotateLogs({ pull: pull.number, branch: ground.branch.name, commit })
        )
        return pull
      })

      return { submit }
    })
  )
}
