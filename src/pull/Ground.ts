import { Effect } from "effect"
import type { Repository } from "../domain/Repository.ts"
import { Git } from "../git/Git.ts"
import type { GitError } from "../git/GitError.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Gitea } from "../gitea/Gitea.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import type { PullRequest } from "../gitea/PullRequest.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import { makeBranches } from "./Branches.ts"
import { closingLine } from "./PullText.ts"
import { makePullHeads, makeStandings } from "./Standings.ts"
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

const isClosed = (pull: PullRequest | null): pull is PullRequest =>
  pull !== null && pull.state === "closed" && !pull.merged

const isOwnAgit = (number: number, botId: number) => (pull: PullRequest) =>
  pull.poster.id === botId &&
  pull.head.ref.startsWith("refs/pull/") &&
  pull.body.trimEnd().endsWith(closingLine(number))

/** Where a person aims an open pull request at another branch, that is the base. */
const makeAiming = Effect.gen(function* () {
  const { head } = yield* makeBranches

  return Effect.fnUntraced(function* (id: number, base: Ground["base"], pull: PullRequest | undefined) {
    if (pull === undefined || pull.base.ref === base.name) return base
    const commit = yield* head(id, pull.base.ref)
    return commit === null ? base : { name: pull.base.ref, commit }
  })
})

/** The ground of work that is pushed as a branch. */
const makeOnBranch = Effect.gen(function* () {
  const gitea = yield* Gitea
  const aimed = yield* makeAiming
  const { ofTasks } = yield* makeBranches
  const { headsOf } = yield* makePullHeads
  const { standingOf } = yield* makeStandings

  return Effect.fnUntraced(function* (place: Place, base: Ground["base"]) {
    const { generation, number, repository } = place
    const { fullName, id } = repository
    const existing = yield* ofTasks(id)
    const names = branchNames(number, generation, existing)
    const open = names.some((it) => existing.includes(it))
      ? (yield* gitea.openPulls(fullName)).filter((pull) => pull.head.repoId === id)
      : []
    const heads = yield* Effect.cached(headsOf(repository))
    const candidates = yield* Effect.forEach(names, (it) => standingOf(place, base, it, { heads, open }))
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
})

/** The ground of work that is pushed to `refs/for/<base>`. */
const makeByAgit = Effect.gen(function* () {
  const clones = yield* ControlClones
  const git = yield* Git
  const gitea = yield* Gitea
  const identity = yield* BotIdentity
  const aimed = yield* makeAiming

  return Effect.fnUntraced(function* (place: Place, base: Ground["base"]) {
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
      args: ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", git.remote(fullName), pull.head.ref]
    })
    const branch = { name, start: pull.head.sha, lease: pull.head.sha }
    return { ...place, base: yield* aimed(id, base, pull), branch, pull: pull.number, closed: null }
  })
})

/** Looks at what Gitea has of a task's branches and pull requests. The clone is as new as it was made before. */
export const makeGrounds = Effect.gen(function* () {
  const { head, isAncestor } = yield* makeBranches
  const { headsOf, pullAt } = yield* makePullHeads
  const onBranch = yield* makeOnBranch
  const byAgit = yield* makeByAgit

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
    const before = yield* pullAt(repository, yield* headsOf(repository), begun)
    return isClosed(before) ? before.number : null
  })

  return { abandoned, stand }
})
