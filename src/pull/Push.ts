import { Effect } from "effect"
import { Git } from "../git/Git.ts"
import { GitError } from "../git/GitError.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import { pushedName } from "../workspace/SnapshotRef.ts"
import { makeBranches } from "./Branches.ts"
import type { Handed } from "./Handed.ts"
import { parentsOf } from "./Integration.ts"
import { closingLine, titleOf } from "./PullText.ts"
import type { PullFacts } from "./PullText.ts"

/** What a pull request has from the push on, until its text is set. */
const optionsOf = (facts: PullFacts): ReadonlyArray<string> => [
  `--push-option=title=${titleOf(facts)}`,
  `--push-option=description=${closingLine(facts.number)}`
]

/** Pushes the commit of what is handed in, and nothing over what a person pushed. */
export const makePush = Effect.gen(function* () {
  const clones = yield* ControlClones
  const git = yield* Git
  const { isAncestor } = yield* makeBranches

  /** What is on our branch has to be in what is pushed, unless it may be replaced: then the work begins elsewhere. */
  const refuseToOverwrite = Effect.fnUntraced(function* ({ footing, ground }: Handed, commit: string) {
    const { lease, name, start } = ground.branch
    if (lease === null || lease === commit || lease !== start) return
    const within = yield* Effect.forEach(parentsOf(footing), (it) => isAncestor(ground.repository.id, lease, it))
    if (within.includes(true)) return
    return yield* new GitError({
      operation: `push ${name}`,
      reason: "moved",
      detail: "somebody pushed to the branch since the work began"
    })
  })

  /** A lease on what was last seen there: what a person pushed meanwhile is never overwritten. */
  const push = Effect.fnUntraced(function* ({ facts, ground }: Handed, commit: string) {
    const { base, branch, repository, way } = ground
    if (branch.lease === commit) return
    const ref = `refs/heads/${branch.name}`
    const gitDir = clones.at(repository.id)
    yield* git.run({
      operation: "remember what is pushed",
      gitDir,
      args: ["update-ref", pushedName(ground.number), commit]
    })
    yield* git.run({
      operation: `push ${branch.name}`,
      gitDir,
      asBot: true,
      args: [
        "push",
        "--quiet",
        ...(way === "branch"
          ? [`--force-with-lease=${ref}:${branch.lease ?? ""}`]
          : [`--push-option=topic=${branch.name}`, ...optionsOf(facts)]),
        git.remote(repository.fullName),
        way === "branch" ? `${commit}:${ref}` : `${commit}:refs/for/${base.name}`
      ]
    })
  })

  return { push, refuseToOverwrite }
})
