import { Effect } from "effect"
import { inOrder, unchanged } from "./Change.ts"
import type { Step } from "./Change.ts"
import { ownerOf, pullsOf, referred } from "./Forge.ts"
import type { Forge, Pull, Status } from "./Forge.ts"
import { ForgeStore } from "./ForgeStore.ts"
import { close } from "./IssueChanges.ts"
import { editPull } from "./PullChanges.ts"
import { makePullRefs } from "./PullRefs.ts"
import { setRepository } from "./RepositoryChanges.ts"
import { RepositoryGit } from "./RepositoryGit.ts"
import { repositoriesOf } from "./SandboxRepositories.ts"

/** What people do with the code of repositories, and see of it. */
export interface SandboxCode {
  /**
   * Commits these files to a branch, the default one as long as none is named, on top of what is there; until then a repository is
   * empty. Gives the commit.
   */
  commit(repository: string, files: Readonly<Record<string, string>>, branch?: string): Effect.Effect<string>
  /** From now on nobody pushes to the branch. No hook tells of it, nor of the next. */
  protect(repository: string, branch: string): Effect.Effect<void>
  /** Turns pull requests off or on. */
  turnPulls(repository: string, on: boolean): Effect.Effect<void>
  /** Where the repository itself is, for what people do with git. */
  folder(repository: string): Effect.Effect<string>
  /** What a branch changes, as a patch. */
  diff(repository: string, branch: string): Effect.Effect<string>
  /** Oldest first. */
  pulls(repository: string): Effect.Effect<ReadonlyArray<Pull>>
  closePull(repository: string, number: number): Effect.Effect<void>
  /** Merges it as one commit, and closes the issue that it says it fixes. */
  mergePull(repository: string, number: number): Effect.Effect<void>
  statuses(repository: string): Effect.Effect<ReadonlyArray<Status>>
}

/** Merged, and with it the issue closed that it says it fixes. */
const merged = (at: string, { body, id, repository }: Pull, forge: Forge): Step => {
  const number = Number(/Fixes #(\d+)/.exec(body)?.[1])
  const issue = forge.issues.find((it) => it.repository === repository && it.number === number)
  return inOrder(
    editPull(id, { state: "closed", merged: true }),
    issue === undefined
      ? unchanged
      : close({ by: ownerOf(referred(forge.repositories, repository).fullName), at }, issue.id)
  )
}

export const makeCode = Effect.gen(function* () {
  const repositories = yield* RepositoryGit
  const store = yield* ForgeStore
  const refs = yield* makePullRefs

  const { named, onRepository } = repositoriesOf(store)

  const onPull = Effect.fnUntraced(function* (
    name: string,
    number: number,
    step: (at: string, pull: Pull, forge: Forge) => Step
  ) {
    const { id } = yield* named(name)
    yield* refs.follow(id)
    const { forge } = yield* store.view
    const pull = yield* Effect.orDie(Effect.fromNullishOr(pullsOf(forge, id).find((it) => it.number === number)))
    if (step === merged) yield* squash(pull)
    yield* store.apply((at) => step(at, pull, forge))
  })

  const squash = Effect.fnUntraced(function* (pull: Pull) {
    const { base, repository, title } = pull
    const commits = (yield* refs.commitsIn(repository))(pull)
    const git = (...args: ReadonlyArray<string>) =>
      Effect.map(repositories.git(repository, args), (text) => text.trim())
    const tree = yield* git("merge-tree", "--write-tree", commits.base, commits.head)
    const commit = yield* git("commit-tree", tree, "-p", commits.base, "-m", title)
    yield* git("update-ref", `refs/heads/${base}`, commit)
  })

  const code: SandboxCode = {
    commit: (name, files, branch) => Effect.flatMap(named(name), ({ id }) => repositories.seed(id, files, branch)),
    protect: (name, branch) =>
      onRepository(name, (at, it) => setRepository(at, it, { protectedBranches: [...it.protectedBranches, branch] })),
    turnPulls: (name, on) => onRepository(name, (at, it) => setRepository(at, it, { hasPulls: on })),
    folder: (name) => Effect.flatMap(named(name), ({ id }) => repositories.folder(id)),
    diff: (name, branch) => Effect.flatMap(named(name), ({ id }) => repositories.git(id, ["diff", `main...${branch}`])),
    pulls: (name) => Effect.zipWith(store.view, named(name), ({ forge }, { id }) => pullsOf(forge, id)),
    closePull: (name, number) => onPull(name, number, (_, { id }) => editPull(id, { state: "closed" })),
    mergePull: (name, number) => onPull(name, number, merged),
    statuses: (name) =>
      Effect.zipWith(store.view, named(name), ({ forge }, { id }) =>
        forge.statuses.filter(({ repository }) => repository === id)
      )
  }
  return code
})
