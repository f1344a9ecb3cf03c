/** What Gitea has of a branch that may be ours. */
export interface Standing {
  readonly head: string
  /** Whether an open pull request is made from it. */
  readonly isOpen: boolean
  /** Whether the base branch has all of it, or got it by a pull request. */
  readonly isMerged: boolean
  /** Whether its head is what we pushed, and no pull request was made of that: a crash came between. */
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

const nameOf = (number: number, generation: number): string =>
  generation === 1 ? `mosaic/${number}` : `mosaic/${number}-${generation}`

/**
 * The names that a task's branch may have: the first, the one of this generation, the others that are among `existing`, and one that
 * is free.
 */
export const branchNames = (
  number: number,
  generation: number,
  existing: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const own = new RegExp(`^mosaic/${number}(-\\d+)?$`)
  const names = new Set([nameOf(number, 1), nameOf(number, generation), ...existing.filter((name) => own.test(name))])
  let free = generation
  while (names.has(nameOf(number, free))) free += 1
  return [...names, nameOf(number, free)]
}

const use = ({ name, standing }: Candidate, base: string): TaskBranch | null => {
  if (standing === null) return { name, start: base, lease: null }
  const { head, isHalfDone, isMerged } = standing
  return isMerged || isHalfDone ? { name, start: base, lease: head } : null
}

/**
 * Pure: the branch for a task's work. What an open pull request shows is gone on with, the newest where there are several. Else it is
 * the first candidate that can be used: a branch whose pull request was closed without being merged is somebody's decision, and is
 * never overwritten. The last candidate is free.
 */
export const taskBranch = (candidates: ReadonlyArray<Candidate>, base: string): TaskBranch => {
  const open = candidates.findLast(({ standing }) => standing?.isOpen === true)
  if (open?.standing) return { name: open.name, start: open.standing.head, lease: open.standing.head }
  return (
    candidates.map((candidate) => use(candidate, base)).find((branch) => branch !== null) ?? {
      name: candidates.at(-1)?.name ?? "mosaic",
      start: base,
      lease: null
    }
  )
}
