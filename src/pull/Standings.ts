import { Effect } from "effect"
import type { Repository } from "../domain/Repository.ts"
import { Git } from "../git/Git.ts"
import type { GitError } from "../git/GitError.ts"
import { Gitea } from "../gitea/Gitea.ts"
import type { PullRequest } from "../gitea/PullRequest.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import { pushedName } from "../workspace/SnapshotRef.ts"
import { makeBranches } from "./Branches.ts"

const HEAD = /^([0-9a-f]+)\s+refs\/pull\/(\d+)\/head$/

/** A line each: the commit, and the number of a pull request that has it for its head. */
type Heads = ReadonlyArray<RegExpExecArray | null>

/** Pull requests by their heads. */
export const makePullHeads = Effect.gen(function* () {
  const clones = yield* ControlClones
  const git = yield* Git
  const gitea = yield* Gitea

  /** The heads of all pull requests of a repository. */
  const headsOf = (repository: Repository): Effect.Effect<Heads, GitError> =>
    git
      .text({
        operation: "list pull requests",
        gitDir: clones.at(repository.id),
        asBot: true,
        args: ["ls-remote", "--quiet", git.remote(repository.fullName), "refs/pull/*/head"]
      })
      .pipe(Effect.map((text) => text.split("\n").map((line) => HEAD.exec(line))))

  /** The newest pull request that has a commit for its head: Gitea's API finds one by its branch, and another one hides it there. */
  const pullAt = Effect.fnUntraced(function* (repository: Repository, heads: Heads, commit: string) {
    const numbers = heads.filter((found) => found?.[1] === commit).map((found) => Number(found?.[2]))
    return numbers.length === 0 ? null : yield* gitea.pull(repository.fullName, Math.max(...numbers))
  })

  return { headsOf, pullAt }
})

/** How far each branch that a task may have has got: its pull request, and whether the work on it is merged or half done. */
export const makeStandings = Effect.gen(function* () {
  const clones = yield* ControlClones
  const { head, isAncestor } = yield* makeBranches
  const { pullAt } = yield* makePullHeads

  const standingOf = Effect.fnUntraced(function* (
    { number, repository }: { readonly number: number; readonly repository: Repository },
    base: { readonly commit: string },
    name: string,
    { heads, open }: { readonly heads: Effect.Effect<Heads, GitError>; readonly open: ReadonlyArray<PullRequest> }
  ) {
    const { id } = repository
    const at = yield* head(id, name)
    if (at === null) return { name, standing: null, pull: null }
    const isOpen = open.some((pull) => pull.head.ref === name)
    const pull = isOpen ? null : yield* pullAt(repository, yield* heads, at)
    const isHalfDone = pull === null && at === (yield* clones.commit(id, pushedName(number)))
    const isMerged = pull?.merged === true || (yield* isAncestor(id, at, base.commit))
    return { name, standing: { head: at, isOpen, isMerged, isHalfDone }, pull }
  })

  return { standingOf }
})
