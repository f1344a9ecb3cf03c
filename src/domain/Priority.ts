import type { Issue } from "./Issue.ts"

/** Lower is handed out first. */
export const PRIORITIES: ReadonlyMap<string, number> = new Map([
  ["critical", 0],
  ["high", 1],
  ["medium", 2],
  ["low", 3]
])
export const DEFAULT_PRIORITY = 2

const SCOPE = /^priority\/(\w+)$/i

/** From Gitea's scoped labels `Priority/Critical` .. `Priority/Low` in any letter case; none is medium, of several the best. */
export const priorityOf = (labels: Issue["labels"]): number => {
  const levels = labels.flatMap(({ name }) => PRIORITIES.get(SCOPE.exec(name)?.[1]?.toLowerCase() ?? "") ?? [])
  return levels.length === 0 ? DEFAULT_PRIORITY : Math.min(...levels)
}
