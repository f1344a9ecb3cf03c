/** What Gitea has of a branch that may be ours. */
export interface Standing {
  readonly head: string
  /** Whether an open pull request is made from it. */
  readonly isOpen: boolean
  /** Whether the base branch has all of it. */
  readonly isMerged: boolean
  /** Whether its head is what we pushed, and no pull request was ever made of it: a crash came between. */
  readonly isHalfDone: boolean
}

export interface Candidate {
  readonly name: string
  /** Null: there is no such branch. */
  readonly standing: Standing | null
}

export interface TaskBranch {
  readonly name: string
  /** Where the work begins: at the head of our own branch while its pull request is open, else at the base branch. */
  readonly start: string
  /** The commit that the branch must still point to when it is pushed; null: it must not be there. */
  readonly lease: string | null
}

/** The name that a task's branch has, and the one that it has where the first was left behind by another generation. */
export const branchNames = (number: number, generation: number): readonly [string, string] => [
  `mosaic/${number}`,
  `mosaic/${number}-${generation}`
]

const use = ({ name, standing }: Candidate, base: string): TaskBranch | null => {
  if (standing === null) return { name, start: base, lease: null }
  const { head, isHalfDone, isMerged, isOpen } = standing
  if (isOpen) return { name, start: head, lease: head }
  return isMerged || isHalfDone ? { name, start: base, lease: head } : null
}

/**
 * Pure: the branch for a generation of a task's work, the first candidate that can be used. What an open pull request shows is gone
 * on with; a branch whose pull request was closed without being merged is somebody's decision, and is never overwritten.
 */
export const taskBranch = (candidates: ReadonlyArray<Candidate>, base: string): TaskBranch =>
  candidates.map((candidate) => use(candidate, base)).find((branch) => branch !== null) ?? {
    name: candidates.at(-1)?.name ?? "mosaic",
    start: base,
    lease: null
  }
