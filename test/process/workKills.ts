import { Effect, Random } from "effect"
import { existsSync, readdirSync } from "node:fs"
import type { SandboxIssue } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"
import type { Life } from "../harness/CoordinatorProcess.ts"
import { descendantsOf } from "../harness/Descendants.ts"
import { taskIdOfIssue } from "../harness/Flow.ts"

/** Milliseconds of a run that nothing disturbs, and of a start. */
const RUN = 5_000
/** After a moment was met it is killed at once, or so many milliseconds later. */
const SPREAD = 150

const isIn = (folder: string, matches: (name: string) => boolean) =>
  existsSync(folder) && readdirSync(folder).some(matches)

/** The moments of a run that are aimed at, in their order, as they show from beside the process. */
const momentsOf = Effect.fnUntraced(function* (issue: SandboxIssue) {
  const gitea = yield* SandboxGitea
  const { store, workDir } = yield* CoordinatorProcess
  const folder = yield* gitea.folder(issue.repository.fullName)
  const sessions = `${workDir}/sessions`
  const inSession = (path: string) =>
    Effect.sync(() => isIn(sessions, (name) => existsSync(`${sessions}/${name}/${path}`)))
  const has = (path: string) => Effect.sync(() => existsSync(path))
  return {
    "before the clone": Effect.map(store.count("tasks", { id: taskIdOfIssue(issue) }), (count) => count > 0),
    "in the clone": has(`${workDir}/clones/${issue.repository.id}.git/objects`),
    "in the checkout": inSession("tree/.git"),
    "in a tool call": inSession("tree/vendor"),
    "in a snapshot": inSession("save.git/lists"),
    "after a snapshot": inSession("save.git/new.pack"),
    "in the checks": Effect.sync(() => isIn(sessions, (name) => name.startsWith("check-"))),
    "after the snapshot's push": has(`${folder}/refs/mosaic/${issue.number}`),
    "after the push": has(`${folder}/refs/heads/mosaic/${issue.number}`),
    "after the pull request": Effect.map(gitea.pulls(issue.repository.fullName), (pulls) => pulls.length > 0),
    "after the answer": Effect.map(gitea.comments(issue), (all) => all.some(({ body }) => body.includes(" report ")))
  }
})

const isOver = (issue: SandboxIssue) =>
  Effect.flatMap(CoordinatorProcess, ({ store }) =>
    Effect.map(
      store.count("tasks", { id: taskIdOfIssue(issue), state: ["completed", "parked", "failed"] }),
      (n) => n > 0
    )
  )

/** Waits for a moment, or for the end of the task where it never comes. True: it came. */
const meet = Effect.fnUntraced(function* <E, R>(issue: SandboxIssue, moment: Effect.Effect<boolean, E, R>) {
  let met = yield* moment
  while (!met) {
    if (yield* isOver(issue)) return false
    yield* Effect.sleep("2 millis")
    met = yield* moment
  }
  return true
})

/** The process alone, as the kernel kills for memory, or with all that it started, as a container ends. */
const kill = Effect.fnUntraced(function* (life: Life) {
  const others = (yield* Random.nextBoolean) ? descendantsOf(life.pid) : []
  yield* life.signal("SIGKILL")
  for (const pid of others) yield* Effect.ignore(Effect.try(() => process.kill(pid, "SIGKILL")))
  yield* life.ended
})

export const BY_CHANCE = "by chance"

/** Kills a life that works on an issue at a moment of chance, and tells at which; null: the task was over before. */
export const killAtWork = Effect.fnUntraced(function* (life: Life, issue: SandboxIssue) {
  const moments = Object.entries(yield* momentsOf(issue))
  const [name, moment] = moments[yield* Random.nextIntBetween(0, moments.length + 3)] ?? [BY_CHANCE, null]
  if (moment === null) {
    yield* Effect.sleep(yield* Random.nextIntBetween(0, RUN))
  } else {
    const met = yield* meet(issue, moment)
    if (!met) return null
    if (yield* Random.nextBoolean) yield* Effect.sleep(yield* Random.nextIntBetween(0, SPREAD))
  }
  yield* kill(life)
  return name
})
