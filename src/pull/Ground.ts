import { Effect } from "effect"
import type { Repository } from "../domain/Repository.ts"
import { Git } from "../git/Git.ts"
import type { GitError } from "../git/GitError.ts"
import { Gitea } from "../gitea/Gitea.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import type { PullRequest } from "../gitea/PullRequest.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import { pushedName } from "../workspace/SnapshotRef.ts"
import { branchNames, taskBranch } from "./TaskBranch.ts"
import type { TaskBranch } from "./TaskBranch.ts"

/** What work on a repository stands on, as Gitea has it at one time. */
export interface Ground {
  readonly repository: Repository
  readonly number: number
  readonly generation: number
  readonly base: { readonly name: string; readonly commit: string }
  readonly branch: TaskBranch
  /** The number of a pull request of this task that was closed without being merged; null: there is none, or one is open. */
  readonly closed: number | null
}

const BRANCHES = "refs/heads/"

const isClosed = (pull: PullRequest | null): pull is PullRequest =>
  pull !== null && pull.state === "closed" && !pull.merged

/** Looks at what Gitea has of a task's branches and pull requests. The clone is as new as it was made before. */
export const makeGrounds = Effect.gen(function* () {
  const clones = yield* ControlClones
  const git = yield* Git
  const gitea = yield* Gitea

  const isAncestor = (repositoryId: number, commit: string, of: string) =>
    Effect.map(
      git.run({
        operation: "compare branches",
        gitDir: clones.at(repositoryId),
        args: ["merge-base", "--is-ancestor", commit, of],
        answers: [1]
      }),
      ({ code }) => code === 0
    )

  const head = (id: number, branch: string) => clones.commit(id, `${BRANCHES}${branch}`)

  const standingOf = Effect.fnUntraced(function* (
    { base, number, repository: { fullName, id } }: Omit<Ground, "branch" | "closed">,
    name: string,
    open: ReadonlyArray<PullRequest>
  ) {
    const at = yield* head(id, name)
    if (at === null) return { name, standing: null, pull: null }
    const isOpen = open.some((pull) => pull.head.ref === name)
    const pull = isOpen ? null : yield* gitea.pullFrom(fullName, base.name, name)
    const isHalfDone = pull === null && at === (yield* clones.commit(id, pushedName(number)))
    const isMerged = pull?.merged === true || (yield* isAncestor(id, at, base.commit))
    return { name, standing: { head: at, isOpen, isMerged, isHalfDone }, pull }
  })

  /** Null: there is no such base branch. Where a person aims an open pull request at another branch, that is the base. */
  const stand = Effect.fnUntraced(function* (
    repository: Repository,
    { generation, number }: Pick<Ground, "number" | "generation">,
    name: string
  ): Effect.fn.Return<Ground | null, GitError | GiteaError> {
    const { fullName, id } = repository
    const commit = yield* head(id, name)
    if (commit === null) return null
    const existing = (yield* clones.names(id, `${BRANCHES}mosaic/`)).map((ref) => ref.slice(BRANCHES.length))
    const names = branchNames(number, generation, existing)
    const open = names.some((it) => existing.includes(it))
      ? (yield* gitea.openPulls(fullName)).filter((pull) => pull.head.repoId === id)
      : []
    const on = { repository, number, generation, base: { name, commit } }
    const candidates = yield* Effect.forEach(names, (it) => standingOf(on, it, open))
    const branch = taskBranch(candidates, commit)
    const aim = open.find((pull) => pull.head.ref === branch.name)?.base.ref ?? name
    const closed = candidates.map(({ pull }) => pull).findLast(isClosed)?.number ?? null
    return {
      ...on,
      base: aim === name ? on.base : { name: aim, commit: (yield* head(id, aim)) ?? commit },
      branch,
      closed: branch.start === commit ? closed : null
    }
  })

  /** Of work that began at `begun`: the pull request that it went on with, when somebody closed it since; else null. */
  const abandoned = Effect.fnUntraced(function* (
    { base, branch, closed, generation, number, repository: { fullName, id } }: Ground,
    begun: string
  ): Effect.fn.Return<number | null, GitError | GiteaError> {
    if (branch.start === begun || (yield* isAncestor(id, begun, base.commit))) return null
    if (yield* isAncestor(id, begun, branch.start)) return null
    if (closed !== null) return closed
    const pulls = yield* Effect.forEach(branchNames(number, generation, []).slice(0, -1), (name) =>
      gitea.pullFrom(fullName, base.name, name)
    )
    return pulls.findLast(isClosed)?.number ?? null
  })

  return { abandoned, isAncestor, stand }
})
