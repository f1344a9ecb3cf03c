import { Effect } from "effect"
import type { Advice, Briefing } from "../domain/Briefing.ts"
import type { CheckPlan } from "../check/CheckPlan.ts"
import { Git } from "../git/Git.ts"
import type { Ground } from "../pull/Ground.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import { nameOf } from "../workspace/SnapshotRef.ts"
import type { Workspace } from "../workspace/Workspaces.ts"

/** Files that are named of those that were touched. */
const MOST_CHANGES = 200

const VERBS: Readonly<Record<string, string>> = { A: "added", D: "removed" }

/** Of `diff-tree -z --name-status`: "changed src/total.js". */
export const changesOf = (text: string): ReadonlyArray<string> => {
  const parts = text.split("\0")
  const changes = Array.from({ length: Math.floor(parts.length / 2) }, (_, index) => {
    const [status = "", path = ""] = parts.slice(2 * index)
    return `${VERBS[status] ?? "changed"} ${path.includes("\n") ? JSON.stringify(path) : path}`
  })
  const rest = changes.length - MOST_CHANGES
  return rest <= 0 ? changes : [...changes.slice(0, MOST_CHANGES), `and ${rest} more`]
}

/** Everything of the task that a desk stands on. */
export interface Bench {
  readonly ground: Ground
  readonly plan: CheckPlan
  readonly remarks: ReadonlyArray<string>
  readonly advice: ReadonlyArray<Advice>
}

/** What a session is told of its checkout. */
export const makeBriefings = Effect.gen(function* () {
  const clones = yield* ControlClones
  const git = yield* Git

  const savedIn = Effect.fnUntraced(function* ({ begunFrom, site }: Workspace) {
    if (begunFrom === null) return null
    const text = yield* git.text({
      operation: "list what was changed",
      gitDir: clones.at(site.repositoryId),
      args: ["diff-tree", "-r", "-z", "--name-status", "--no-renames", site.base, begunFrom.commit]
    })
    return { snapshot: nameOf(begunFrom.ref), changes: changesOf(text) }
  })

  return Effect.fn("Briefings.of")(function* (
    { advice, ground, plan, remarks }: Bench,
    workspace: Workspace,
    setup: string | null
  ) {
    const { checks, from, instructions, paths } = plan
    return {
      place: `branch ${ground.base.name} of ${ground.repository.fullName}`,
      checks: checks.map(({ name }) => name),
      guessed: from === "guess",
      setup,
      paths,
      remarks,
      advice: [
        ...(instructions === null ? [] : [{ from: "instructions in .mosaic.yml", text: instructions }]),
        ...advice
      ],
      saved: yield* savedIn(workspace)
    } satisfies Briefing
  })
})
