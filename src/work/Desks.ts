import { Duration, Effect, Schema } from "effect"
import type { Scope } from "effect"
import { CHECKS_FAILED, RUN_CHECKS } from "../domain/AgentTool.ts"
import type { ToolResult } from "../domain/AgentTool.ts"
import type { ToolUse } from "../domain/Reply.ts"
import type { Session } from "../domain/Session.ts"
import type { CheckPlan } from "../check/CheckPlan.ts"
import type { CheckResult } from "../check/Checks.ts"
import { Git } from "../git/Git.ts"
import type { GitError } from "../git/GitError.ts"
import type { Ground } from "../pull/Preflight.ts"
import type { CheckLine } from "../pull/PullText.ts"
import { WorkplaceFailed } from "../session/Workplace.ts"
import type { Desk } from "../session/Workplace.ts"
import type { IsolationFailed } from "../tool/IsolationFailed.ts"
import { ToolHost } from "../tool/ToolHost.ts"
import type { Tools } from "../tool/ToolHost.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import { checkedNameOf } from "../workspace/SnapshotRef.ts"
import type { Snapshot } from "../workspace/Snapshots.ts"
import type { WorkspaceError } from "../workspace/WorkspaceError.ts"
import { Workspaces } from "../workspace/Workspaces.ts"
import type { Workspace } from "../workspace/Workspaces.ts"
import { checkReport, makeCheckRun, passed } from "./CheckRun.ts"

/** What one call may take: time, and of a session's context as much as its bytes may be at most. */
const CALL_TIME = Duration.minutes(5)
const MOST_BYTES = 64 * 1024
const CONTEXT_SHARE = 0.1
/** Bytes of text for a token, at least. */
const BYTES_PER_TOKEN = 3

const CheckLines = Schema.fromJsonString(
  Schema.Array(Schema.Struct({ name: Schema.String, passed: Schema.Boolean, seconds: Schema.Finite }))
)
const encodeLines = Schema.encodeEffect(CheckLines)
export const decodeLines = Schema.decodeEffect(CheckLines)

export type WorkError = GitError | IsolationFailed | WorkspaceError

/** Of what keeps work from going on, whether it passes by itself. */
export const asFailed = (error: WorkError): WorkplaceFailed =>
  new WorkplaceFailed({ why: error.message, retryable: error._tag === "GitError" && error.retryable })

const failed = (text: string): ToolResult => ({ text, isError: true })
const ok = (text: string): ToolResult => ({ text, isError: false })

/** Everything of the task that a desk stands on. */
export interface Bench {
  readonly ground: Ground
  readonly plan: CheckPlan
}

/** Sets a session to work in its checkout. */
export const makeDesks = Effect.gen(function* () {
  const clones = yield* ControlClones
  const git = yield* Git
  const host = yield* ToolHost
  const workspaces = yield* Workspaces
  const checks = yield* makeCheckRun

  /** The tree that passed, under a name of its own, with what the checks said: it alone is handed in. */
  const remember = Effect.fnUntraced(function* (
    { site }: Workspace,
    { commit }: Snapshot,
    lines: ReadonlyArray<CheckLine>
  ) {
    const gitDir = clones.at(site.repositoryId)
    const who = { GIT_AUTHOR_NAME: "mosaic", GIT_AUTHOR_EMAIL: "mosaic@localhost", GIT_AUTHOR_DATE: "@1 +0000" }
    const checked = yield* git.text({
      operation: "remember what passed",
      gitDir,
      env: {
        ...who,
        GIT_COMMITTER_NAME: who.GIT_AUTHOR_NAME,
        GIT_COMMITTER_EMAIL: who.GIT_AUTHOR_EMAIL,
        GIT_COMMITTER_DATE: who.GIT_AUTHOR_DATE
      },
      args: ["commit-tree", `${commit}^{tree}`, "-p", commit, "-F", "-"],
      input: yield* Effect.orDie(encodeLines(lines))
    })
    yield* git.run({
      operation: "remember what passed",
      gitDir,
      args: ["update-ref", checkedNameOf(site), checked]
    })
  })

  const examine = Effect.fnUntraced(function* ({ plan }: Bench, workspace: Workspace) {
    const snapshot = yield* workspace.save
    if (snapshot === null) return { snapshot, all: [] as ReadonlyArray<CheckResult> }
    return { snapshot, all: yield* checks.run(workspace.site.repositoryId, snapshot.commit, plan) }
  })

  const finish = Effect.fnUntraced(function* (bench: Bench, workspace: Workspace) {
    const { all, snapshot } = yield* examine(bench, workspace)
    if (snapshot === null) return ok("finished; nothing was changed")
    if (!passed(all)) {
      return failed(`${CHECKS_FAILED} Mend that, then call \`finish\` again.\n\n${checkReport(all)}`)
    }
    yield* remember(
      workspace,
      snapshot,
      all.map(({ name, seconds }) => ({ name, passed: true, seconds }))
    )
    return ok(`finished\n${checkReport(all)}`)
  })

  const runChecks = (bench: Bench, workspace: Workspace) =>
    Effect.map(examine(bench, workspace), ({ all, snapshot }) =>
      snapshot === null ? ok("Nothing was changed yet.") : ok(checkReport(all))
    )

  /** What cannot be saved is the agent's to mend: too much of it, or something that git may not check out. */
  const told = <A>(effect: Effect.Effect<A, WorkError>, onTold: (why: string) => A) =>
    effect.pipe(
      Effect.catchTag("WorkspaceError", (error) => Effect.succeed(onTold(error.message))),
      Effect.catchIf(
        (error) => error._tag === "GitError" && error.reason === "failed",
        (error) => Effect.succeed(onTold(error.message))
      ),
      Effect.mapError(asFailed)
    )

  const call = (bench: Bench, workspace: Workspace, tools: Tools) =>
    Effect.fn("Desk.call")((use: ToolUse, limit: number): Effect.Effect<ToolResult, WorkplaceFailed> => {
      if (use.name === RUN_CHECKS) return told(runChecks(bench, workspace), failed)
      const bytes = Math.min(MOST_BYTES, Math.floor(limit * CONTEXT_SHARE) * BYTES_PER_TOKEN)
      return Effect.mapError(tools.call(use.name, use.input, { time: CALL_TIME, bytes }), asFailed)
    })

  return Effect.fn("Desks.open")(function* (
    bench: Bench,
    session: Session
  ): Effect.fn.Return<Desk, WorkError, Scope.Scope> {
    const { branch, number, repository } = bench.ground
    const workspace = yield* workspaces.open({
      repository,
      number,
      session: session.id,
      predecessor: session.predecessor,
      start: branch.start
    })
    const { tree } = workspace.site
    const tools = yield* host.open({ mounts: [{ path: tree, access: "write" }], cwd: tree })
    return {
      call: call(bench, workspace, tools),
      save: told(Effect.asVoid(workspace.save), () => undefined),
      finish: told(finish(bench, workspace), failed)
    }
  }, Effect.mapError(asFailed))
})
