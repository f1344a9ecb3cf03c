import { Effect } from "effect"
import type { Repository } from "../domain/Repository.ts"
import { Git } from "../git/Git.ts"
import type { GitError } from "../git/GitError.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Gitea } from "../gitea/Gitea.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import type { PullRequest } from "../gitea/PullRequest.ts"
import { Settings } from "../Settings.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import { pushedName } from "../workspace/SnapshotRef.ts"
import { closingLine } from "./PullText.ts"
import { branchNames, taskBranch } from "./TaskBranch.ts"
import type { TaskBranch } from "./TaskBranch.ts"

/** How work gets to Gitea: as a branch, or pushed to `refs/for/<base>` (AGit) where the bot may only read. */
export type Way = "branch" | "agit"

/** What work on a repository stands on, as Gitea has it at one time. */
export interface Ground {
  readonly repository: Repository
  readonly number: number
  readonly generation: number
  readonly way: Way
  readonly base: { readonly name: string; readonly commit: string }
  readonly branch: TaskBranch
  /** The number of the open pull request that is gone on with, or null. */
  readonly pull: number | null
  /** The number of a pull request of this task that was closed without being merged; null: there is none, or one is open. */
  readonly closed: number | null
}

export type Place = Pick<Ground, "repository" | "number" | "generation" | "way">

const BRANCHES = "refs/heads/"
const HEAD = /^([0-9a-f]+)\s+refs\/pull\/(\d+)\/head$/

const isClosed = (pull: PullRequest | null): pull is PullRequest =>
  pull !== null && pull.state === "closed" && !pull.merged

const isOwnAgit = (number: number, botId: number) => (pull: PullRequest) =>
  pull.poster.id === botId &&
  pull.head.ref.startsWith("refs/pull/") &&
  pull.body.trimEnd().endsWith(closingLine(number))

/** Looks at what Gitea has of a task's branches and pull requests. The clone is as new as it was made before. */
export const makeGrounds = Effect.gen(function* () {
  const { giteaUrl } = yield* Settings
  const clones = yield* ControlClones
  const git = yield* Git
  const gitea = yield* Gitea
  const identity = yield* BotIdentity
  const urlOf = ({ fullName }: Repository) => `${giteaUrl}/${fullName}.git`

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

  /** The newest pull request that has a commit for its head: Gitea's API finds one by its branch, and another one hides it there. */
  const pullAt = Effect.fnUntraced(function* (repository: Repository, commit: string) {
    const text = yield* git.text({
      operation: "list pull requests",
      gitDir: clones.at(repository.id),
      asBot: true,
      args: ["ls-remote", "--quiet", urlOf(repository), "refs/pull/*/head"]
    })
    const numbers = text
      .split("\n")
      .map((line) => HEAD.exec(line))
      .filter((found) => found?.[1] === commit)
      .map((found) => Number(found?.[2]))
    return numbers.length === 0 ? null : yield* gitea.pull(repository.fullName, Math.max(...numbers))
  })

  const standingOf = Effect.fnUntraced(function* (
    { number, repository }: Place,
    base: Ground["base"],
    name: string,
    open: ReadonlyArray<PullRequest>
  ) {
    const { id } = repository
    const at = yield* head(id, name)
    if (at === null) return { name, standing: null, pull: null }
    const isOpen = open.some((pull) => pull.head.ref === name)
    const pull = isOpen ? null : yield* pullAt(repository, at)
    const isHalfDone = pull === null && at === (yield* clones.commit(id, pushedName(number)))
    const isMerged = pull?.merged === true || (yield* isAncestor(id, at, base.commit))
    return { name, standing: { head: at, isOpen, isMerged, isHalfDone }, pull }
  })

  /** Where a person aims an open pull request at another branch, that is the base. */
  const aimed = Effect.fnUntraced(function* (id: number, base: Ground["base"], pull: PullRequest | undefined) {
    if (pull === undefined || pull.base.ref === base.name) return base
    const commit = yield* head(id, pull.base.ref)
    return commit === null ? base : { name: pull.base.ref, commit }
  })

  const onBranch = Effect.fnUntraced(function* (place: Place, base: Ground["base"]) {
    const { generation, number, repository } = place
    const { fullName, id } = repository
    const existing = (yield* clones.names(id, `${BRANCHES}mosaic/`)).map((ref) => ref.slice(BRANCHES.length))
    const names = branchNames(number, generation, existing)
    const open = names.some((it) => existing.includes(it))
      ? (yield* gitea.openPulls(fullName)).filter((pull) => pull.head.repoId === id)
      : []
    const candidates = yield* Effect.forEach(names, (it) => standingOf(place, base, it, open))
    const branch = taskBranch(candidates, base.commit)
    const pull = open.find((it) => it.head.ref === branch.name)
    const closed = candidates.map((it) => it.pull).findLast(isClosed)?.number ?? null
    return {
      ...place,
      base: yield* aimed(id, base, pull),
      branch,
      pull: pull?.number ?? null,
      closed: pull === undefined ? closed : null
    }
  })

  const byAgit = Effect.fnUntraced(function* (place: Place, base: Ground["base"]) {
    const { number, repository } = place
    const { fullName, id } = repository
    const bot = yield* identity.confirmed
    const pull = (yield* gitea.openPulls(fullName)).findLast(isOwnAgit(number, bot.id))
    const name = `mosaic/${number}`
    if (pull === undefined) {
      return { ...place, base, branch: { name, start: base.commit, lease: null }, pull: null, closed: null }
    }
    yield* git.run({
      operation: "fetch the pull request",
      gitDir: clones.at(id),
      asBot: true,
      args: ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", urlOf(repository), pull.head.ref]
    })
    const branch = { name, start: pull.head.sha, lease: pull.head.sha }
    return { ...place, base: yield* aimed(id, base, pull), branch, pull: pull.number, closed: null }
  })

  /** Null: there is no such base branch. */
  const stand = Effect.fnUntraced(function* (
    place: Place,
    name: string
  ): Effect.fn.Return<Ground | null, GitError | GiteaError> {
    const commit = yield* head(place.repository.id, name)
    if (commit === null) return null
    return yield* place.way === "branch" ? onBranch(place, { name, commit }) : byAgit(place, { name, commit })
  })

  /** Of work that began at `begun`: the pull request that it went on with, when somebody closed it since; else null. */
  const abandoned = Effect.fnUntraced(function* (
    { base, branch, pull, repository }: Ground,
    begun: string
  ): Effect.fn.Return<number | null, GitError | GiteaError> {
    if (pull !== null || branch.start === begun) return null
    if (yield* isAncestor(repository.id, begun, base.commit)) return null
    const before = yield* pullAt(repository, begun)
    return isClosed(before) ? before.number : null
  })

  return { abandoned, isAncestor, stand }
})
