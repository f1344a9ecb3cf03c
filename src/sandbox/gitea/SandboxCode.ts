import { Effect } from "effect"
import type { Step } from "./Change.ts"
import { findRepository, pullsOf } from "./Forge.ts"
import type { Pull, Repository, Status } from "./Forge.ts"
import { ForgeStore } from "./ForgeStore.ts"
import { editPull } from "./PullChanges.ts"
import { setRepository } from "./RepositoryChanges.ts"
import { RepositoryGit } from "./RepositoryGit.ts"

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
  statuses(repository: string): Effect.Effect<ReadonlyArray<Status>>
}

export const makeCode = Effect.gen(function* () {
  const repositories = yield* RepositoryGit
  const store = yield* ForgeStore

  const repositoryNamed = (fullName: string) =>
    Effect.flatMap(store.view, ({ forge }) => Effect.orDie(Effect.fromOption(findRepository(forge, fullName))))

  const onRepository = Effect.fnUntraced(function* (name: string, step: (at: string, repository: Repository) => Step) {
    const repository = yield* repositoryNamed(name)
    yield* store.apply((at) => step(at, repository))
  })

  const code: SandboxCode = {
    commit: (name, files, branch) =>
      Effect.flatMap(repositoryNamed(name), ({ id }) => repositories.seed(id, files, branch)),
    protect: (name, branch) =>
      onRepository(name, (at, it) => setRepository(at, it, { protectedBranches: [...it.protectedBranches, branch] })),
    turnPulls: (name, on) => onRepository(name, (at, it) => setRepository(at, it, { hasPulls: on })),
    folder: (name) => Effect.flatMap(repositoryNamed(name), ({ id }) => repositories.folder(id)),
    diff: (name, branch) =>
      Effect.flatMap(repositoryNamed(name), ({ id }) => repositories.git(id, ["diff", `main...${branch}`])),
    pulls: (name) => Effect.zipWith(store.view, repositoryNamed(name), ({ forge }, { id }) => pullsOf(forge, id)),
    closePull: (name, number) =>
      onRepository(
        name,
        (_, { id }) =>
          (forge) =>
            editPull(pullsOf(forge, id).find((it) => it.number === number)?.id ?? 0, { state: "closed" })(forge)
      ),
    statuses: (name) =>
      Effect.zipWith(store.view, repositoryNamed(name), ({ forge }, { id }) =>
        forge.statuses.filter(({ repository }) => repository === id)
      )
  }
  return code
})
