import { Effect } from "effect"
import { Git } from "../git/Git.ts"
import { ControlClones } from "../workspace/ControlClones.ts"

const BRANCHES = "refs/heads/"

/** The branches of a repository, as its control clone has them. */
export const makeBranches = Effect.gen(function* () {
  const clones = yield* ControlClones
  const git = yield* Git

  /** The commit that a branch is at; null: there is no such branch. */
  const head = (id: number, branch: string) => clones.commit(id, `${BRANCHES}${branch}`)

  /** The names of the branches that tasks may have. */
  const ofTasks = (id: number) =>
    Effect.map(clones.names(id, `${BRANCHES}mosaic/`), (refs) => refs.map((ref) => ref.slice(BRANCHES.length)))

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

  return { head, isAncestor, ofTasks }
})
