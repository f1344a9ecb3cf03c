import { Data, Effect } from "effect"
import { Git } from "../git/Git.ts"
import type { GitError } from "../git/GitError.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import { makeBranches } from "./Branches.ts"
import type { Ground } from "./Ground.ts"
import { commitsIn, mergesIn } from "./Merges.ts"

/** Characters of what others changed, where it clashes. */
const SHOWN = 12_000
/** Files whose clash is shown. */
const MOST_FILES = 50

/** What a session made, as commits. */
export interface Own {
  /** Where its work begins. */
  readonly base: string
  /** A commit of the base branch that it has taken in beside that, or null. */
  readonly joined: string | null
  /** Its tree is the work. */
  readonly saved: string
}

/** Where what others did since belongs: the commit that the work is put on, and one of the base branch beside it, or null. */
export interface Footing {
  readonly base: string
  readonly joined: string | null
}

export interface Clash {
  /** The tree with both sides; between marks where lines clash. */
  readonly tree: string
  readonly footing: Footing
  readonly files: ReadonlyArray<string>
  /** What others changed in them, as a patch. */
  readonly theirs: string
}

export type Integrated = Data.TaggedEnum<{
  /** What would be pushed. */
  Clean: { readonly tree: string; readonly footing: Footing }
  Clash: { readonly clash: Clash }
}>
export const Integrated = Data.taggedEnum<Integrated>()

/** The parents of a commit that stands on it. */
export const parentsOf = ({ base, joined }: Footing): ReadonlyArray<string> =>
  joined === null ? [base] : [base, joined]

/** How git marks where two sides clash, at the beginning of a line; it names the commit after it. */
export const MARK = "^<<<<<<< [0-9a-f]{40}"

/** Says where lines clash, with what others changed there. */
const clashesIn = (git: Git["Service"], gitDir: string) => {
  const { text } = commitsIn(git, gitDir)

  const changeOf = (from: string, to: string, files: ReadonlyArray<string>) =>
    text(
      "read what others changed",
      ["diff-tree", "-p", "--no-renames", from, to, "--", ...files.slice(0, MOST_FILES)],
      {
        GIT_LITERAL_PATHSPECS: "1"
      }
    ).pipe(
      Effect.map((patch) => patch.slice(0, SHOWN).toWellFormed()),
      // Too long to be read is too long to be shown.
      Effect.catchIf(
        ({ reason }) => reason === "excess",
        () => Effect.succeed("")
      )
    )

  const clash = (tree: string, footing: Footing, files: ReadonlyArray<string>, from: string, to: string) =>
    Effect.map(changeOf(from, to, files), (theirs) => Integrated.Clash({ clash: { tree, footing, files, theirs } }))

  return { clash }
}

/** What the work stands on, and what of the base branch that has not got yet. */
const footingsIn = (isAncestor: Effect.Success<typeof makeBranches>["isAncestor"], repositoryId: number) => {
  const isWithin = (one: string, other: string) => isAncestor(repositoryId, one, other)

  /** What of the base branch is still to be merged in; null: nothing. */
  const missing = Effect.fnUntraced(function* (head: string, { base, joined }: Footing) {
    if (head === base || (yield* isWithin(head, base))) return null
    return joined !== null && (yield* isWithin(head, joined)) ? null : head
  })

  const footingOf = Effect.fnUntraced(function* (base: string, joined: string | null) {
    return { base, joined: joined === null || (yield* isWithin(joined, base)) ? null : joined }
  })

  return { footingOf, missing }
}

/**
 * Puts what a session made together with what others did meanwhile, in the control clone: nothing is checked out and no hook runs.
 * The session's own change is carried to where the task's branch stands now, whatever became of the commit it began from; then the
 * base branch is merged in where an open pull request has not got all of it.
 */
export const makeIntegration = Effect.gen(function* () {
  const clones = yield* ControlClones
  const git = yield* Git
  const { isAncestor } = yield* makeBranches

  return Effect.fn("Integration.integrate")(function* (
    { base, branch, repository }: Ground,
    own: Own
  ): Effect.fn.Return<Integrated, GitError> {
    const gitDir = clones.at(repository.id)
    const { commit, text } = commitsIn(git, gitDir)
    const { carry, merge } = mergesIn(git, gitDir)
    const { clash } = clashesIn(git, gitDir)
    const { footingOf, missing } = footingsIn(isAncestor, repository.id)
    const onto = branch.start
    const footing = yield* footingOf(onto, own.joined)
    const carried =
      onto === own.base
        ? { tree: yield* git.tree(gitDir, own.saved), files: [] }
        : yield* carry(own.base, own.saved, onto)
    if (carried.files.length > 0) return yield* clash(carried.tree, footing, carried.files, own.base, onto)
    const head = yield* missing(base.commit, footing)
    if (head === null) return Integrated.Clean({ tree: carried.tree, footing })
    const merged = yield* merge(yield* commit(carried.tree, parentsOf(footing)), head)
    const joint = { base: onto, joined: head }
    if (merged.files.length === 0) return Integrated.Clean({ tree: merged.tree, footing: joint })
    const before = yield* text("compare branches", ["merge-base", onto, head])
    return yield* clash(merged.tree, joint, merged.files, before, head)
  })
})
