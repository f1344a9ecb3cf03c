import { Data, Effect, Result } from "effect"
import type { CheckResult } from "../check/Checks.ts"
import type { CheckPlan } from "../check/CheckPlan.ts"
import { named } from "../check/PathRule.ts"
import { Git } from "../git/Git.ts"
import type { GitError } from "../git/GitError.ts"
import { OWN_COMMIT } from "../git/OwnCommit.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import type { Ground } from "../pull/Ground.ts"
import { makeIntegration, MARK, parentsOf } from "../pull/Integration.ts"
import type { Clash, Footing, Own } from "../pull/Integration.ts"
import { Preflight } from "../pull/Preflight.ts"
import type { CheckLine } from "../pull/PullText.ts"
import type { IsolationFailed } from "../tool/IsolationFailed.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import type { Author } from "../workspace/SnapshotRef.ts"
import { checkedNameOf } from "../workspace/SnapshotRef.ts"
import type { WorkspaceError } from "../workspace/WorkspaceError.ts"
import { makeBaseFiles } from "./BaseFiles.ts"
import { planOf } from "./BasePlan.ts"
import { decodeRecord, encodeRecord } from "./CheckRecord.ts"
import { makeCheckRun, passed } from "./CheckRun.ts"

/** What came of work that is to be handed in. */
export type Examined = Data.TaggedEnum<{
  /** It alone may be pushed, and is remembered. */
  Passed: { readonly all: ReadonlyArray<CheckResult> }
  Failed: { readonly all: ReadonlyArray<CheckResult>; readonly tree: string; readonly footing: Footing }
  /** Files that the repository keeps from the bot. */
  Barred: { readonly files: ReadonlyArray<string> }
  /** Files with marks of a clash in them. */
  Marked: { readonly files: ReadonlyArray<string> }
  Clashed: { readonly clash: Clash }
  /** It may not be handed in any more: a sentence without its full stop. */
  Overtaken: { readonly why: string }
}>
export const Examined = Data.taggedEnum<Examined>()

export type ExamineError = GitError | GiteaError | IsolationFailed | WorkspaceError

/** What passed: the commit that remembers it, what that is made on, and what the checks said. */
export interface Checked {
  readonly commit: string
  /** The snapshot that was examined. */
  readonly saved: string
  readonly footing: Footing
  readonly lines: ReadonlyArray<CheckLine>
  /** Nobody named the checks. */
  readonly guessed: boolean
}

/** Examines work before it is handed in: together with what others did meanwhile, and by the checks of the base branch. */
export const makeExamination = Effect.gen(function* () {
  const checks = yield* makeCheckRun
  const readBase = yield* makeBaseFiles
  const clones = yield* ControlClones
  const integrate = yield* makeIntegration
  const preflight = yield* Preflight
  const changed = yield* makeChanges
  const { checked, remember } = yield* makeRecords

  /** Of the base branch as it is now; what cannot be read of it by now was read before. */
  const planNow = (ground: Ground, before: CheckPlan) =>
    Effect.map(readBase(ground.repository.id, ground.base.commit), (files) =>
      Result.getOrElse(planOf(files), () => before)
    )

  const examine = Effect.fn("Examination.examine")(function* (
    since: Ground,
    before: CheckPlan,
    author: Author,
    own: Own
  ): Effect.fn.Return<Examined, ExamineError> {
    const ground = yield* preflight.again(since)
    const { id } = ground.repository
    const why = yield* preflight.overtaken(ground, own.base)
    if (why !== null) return Examined.Overtaken({ why })
    const integrated = yield* integrate(ground, own)
    if (integrated._tag === "Clash") return Examined.Clashed({ clash: integrated.clash })
    const { footing, tree } = integrated
    const plan = yield* planNow(ground, before)
    const barred = named(plan.paths, yield* changed(id, own.base, own.saved))
    if (barred.length > 0) return Examined.Barred({ files: barred })
    const marked = yield* changed(id, footing.base, tree, `-G${MARK}`)
    if (marked.length > 0) return Examined.Marked({ files: marked })
    const all = yield* checks.run(id, tree, plan)
    if (!passed(all)) return Examined.Failed({ all, tree, footing })
    yield* remember(clones.at(id), author, { footing, saved: own.saved, tree }, plan, all)
    return Examined.Passed({ all })
  })

  return { changed, checked, examine }
})

/** The files in which one commit or tree differs from another. */
const makeChanges = Effect.gen(function* () {
  const clones = yield* ControlClones
  const git = yield* Git

  return (repositoryId: number, from: string, to: string, ...flags: ReadonlyArray<string>) =>
    git
      .text({
        operation: "list what was changed",
        gitDir: clones.at(repositoryId),
        args: ["diff-tree", "-r", "-z", "--name-only", "--no-renames", ...flags, from, to]
      })
      .pipe(Effect.map((text) => text.split("\0").filter((file) => file !== "")))
})

/** Remembers what passed, and finds it again. */
const makeRecords = Effect.gen(function* () {
  const clones = yield* ControlClones
  const git = yield* Git

  /** Under a name of its own, with what the checks said; its parents are the snapshot, and what it is to be made on. */
  const remember = Effect.fnUntraced(function* (
    gitDir: string,
    author: Author,
    { footing, saved, tree }: { readonly footing: Footing; readonly saved: string; readonly tree: string },
    { from }: CheckPlan,
    all: ReadonlyArray<CheckResult>
  ) {
    const operation = "remember what passed"
    const lines = all.map(({ name, seconds }) => ({ name, passed: true, seconds }))
    const record = { guessed: from === "guess", checks: lines }
    const commit = yield* git.text({
      operation,
      gitDir,
      env: OWN_COMMIT,
      args: ["commit-tree", tree, ...[saved, ...parentsOf(footing)].flatMap((it) => ["-p", it]), "-F", "-"],
      input: yield* Effect.orDie(encodeRecord(record))
    })
    yield* git.run({ operation, gitDir, args: ["update-ref", checkedNameOf(author), commit] })
  })

  const checked = Effect.fn("Examination.checked")(function* (
    repositoryId: number,
    author: Author
  ): Effect.fn.Return<Checked | null, GitError> {
    const commit = yield* clones.commit(repositoryId, checkedNameOf(author))
    if (commit === null) return null
    const text = yield* git.text({
      operation: "read what the checks said",
      gitDir: clones.at(repositoryId),
      args: ["log", "--max-count=1", "--format=%P%n%B", commit]
    })
    const [parents = "", ...message] = text.split("\n")
    const [saved, base, joined = null] = parents.split(" ")
    if (saved === undefined || base === undefined) return null
    const nothing = { guessed: false, checks: [] }
    const record = yield* Effect.orElseSucceed(decodeRecord(message.join("\n").trim()), () => nothing)
    return { commit, saved, footing: { base, joined }, lines: record.checks, guessed: record.guessed }
  })

  return { checked, remember }
})
