import { Effect, Predicate } from "effect"
import { GitError } from "../git/GitError.ts"
import type { Gitea } from "../gitea/Gitea.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import type { PullRequest } from "../gitea/PullRequest.ts"
import type { Disarmed } from "../outbox/Disarming.ts"
import type { Ground } from "./Ground.ts"
import type { Handed } from "./Handed.ts"
import { bodyOf, titleOf } from "./PullText.ts"

const CONFLICT = 409

const notShown = ({ branch }: Ground): GitError =>
  new GitError({
    operation: `push ${branch.name}`,
    reason: "unreachable",
    detail: "Gitea took it and shows no pull request of it yet"
  })

/** The one open pull request of what was pushed, with the text of this try. */
export const openPullOf = (gitea: Gitea["Service"]) => {
  /** What was pushed to `refs/for/` has no branch: its head is what was pushed. */
  const find = ({ branch, repository, way }: Ground, commit: string) =>
    Effect.map(
      gitea.openPulls(repository.fullName),
      (all) =>
        all.find(({ head }) =>
          way === "branch"
            ? head.ref === branch.name && head.repoId === repository.id
            : head.ref.startsWith("refs/pull/") && head.sha === commit
        ) ?? null
    )

  const create = (
    { ground }: Handed,
    commit: string,
    text: { readonly title: string; readonly body: string }
  ): Effect.Effect<PullRequest, GitError | GiteaError> => {
    if (ground.way === "agit") return Effect.fail(notShown(ground))
    return gitea
      .createPull(ground.repository.fullName, { ...text, head: ground.branch.name, base: ground.base.name })
      .pipe(
        Effect.catchIf(
          ({ status }) => status === CONFLICT,
          (error) => Effect.filterOrFail(find(ground, commit), Predicate.isNotNull, () => error)
        )
      )
  }

  const findOrCreate = Effect.fnUntraced(function* (handed: Handed, commit: string, summary: Disarmed) {
    const text = { title: titleOf(handed.facts), body: bodyOf(handed.facts, summary) }
    const found = yield* find(handed.ground, commit)
    if (found === null) return yield* create(handed, commit, text)
    if (found.body === text.body) return found
    yield* gitea.editPull(handed.ground.repository.fullName, found.number, { title: found.title, body: text.body })
    return found
  })

  return { findOrCreate }
}
