import { Duration, Effect } from "effect"
import type { Scope } from "effect"
import { RUN_CHECKS } from "../domain/AgentTool.ts"
import type { ToolResult } from "../domain/AgentTool.ts"
import type { ToolUse } from "../domain/Reply.ts"
import type { Session } from "../domain/Session.ts"
import type { GitError } from "../git/GitError.ts"
import { concernsGitea } from "../gitea/GiteaError.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import type { Ground } from "../pull/Ground.ts"
import { WorkplaceFailed } from "../session/Workplace.ts"
import type { Desk } from "../session/Workplace.ts"
import type { IsolationFailed } from "../tool/IsolationFailed.ts"
import { ToolHost } from "../tool/ToolHost.ts"
import type { Tools } from "../tool/ToolHost.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import { clashedNameOf } from "../workspace/SnapshotRef.ts"
import { surroundingsOf } from "../workspace/Surroundings.ts"
import type { WorkspaceError } from "../workspace/WorkspaceError.ts"
import { Workspaces } from "../workspace/Workspaces.ts"
import type { Workspace } from "../workspace/Workspaces.ts"
import { makeBriefings } from "./Briefings.ts"
import type { Bench } from "./Briefings.ts"
import { checkReport, makeCheckRun } from "./CheckRun.ts"
import { Examined, makeExamination } from "./Examination.ts"
import { clashedAgain, examinedText } from "./ExaminedText.ts"
import { makeSaving } from "./Saving.ts"
import { makeSetupRun } from "./SetupRun.ts"

/** What one call may take: time, and of a session's context as much as its bytes may be at most. */
const CALL_TIME = Duration.minutes(5)
const MOST_BYTES = 64 * 1024
const CONTEXT_SHARE = 0.1
/** Bytes of text for a token, at least. */
const BYTES_PER_TOKEN = 3

export type WorkError = GitError | GiteaError | IsolationFailed | WorkspaceError

/** A token that Gitea's API does not accept closes the gate of all work, so that no task has to wait for its end. */
const kindOf = (error: WorkError): WorkplaceFailed["kind"] => {
  switch (error._tag) {
    case "GitError":
      if (error.reason === "unauthorized" || error.reason === "excess") return "refusal"
      return error.retryable ? "outage" : "person"
    case "GiteaError":
      return concernsGitea(error) ? "outage" : "refusal"
    case "IsolationFailed":
      return "refusal"
    case "WorkspaceError":
      return "person"
  }
}

/** Of what keeps work from going on, whether it passes by itself. */
export const asFailed = (error: WorkError | WorkplaceFailed): WorkplaceFailed =>
  error._tag === "WorkplaceFailed" ? error : new WorkplaceFailed({ why: error.message, kind: kindOf(error) })

const failed = (text: string): ToolResult => ({ text, isError: true })
const ok = (text: string): ToolResult => ({ text, isError: false })

/** What cannot be saved is the agent's to mend: too much of it, or something that git may not check out. */
const told = <A>(effect: Effect.Effect<A, WorkError | WorkplaceFailed>, onTold: (why: string) => A) =>
  effect.pipe(
    Effect.catchTag("WorkspaceError", (error) => Effect.succeed(onTold(error.message))),
    Effect.catchIf(
      (error) => error._tag === "GitError" && error.reason === "failed",
      (error) => Effect.succeed(onTold(error.message))
    ),
    Effect.mapError(asFailed)
  )

/** Sets a session to work in its checkout. */
export const makeDesks = Effect.gen(function* () {
  const host = yield* ToolHost
  const workspaces = yield* Workspaces
  const setUp = yield* makeSetupRun
  const briefingOf = yield* makeBriefings
  const finish = yield* makeFinishing
  const call = yield* makeCalls

  return Effect.fn("Desks.open")(function* (
    bench: Bench,
    session: Session
  ): Effect.fn.Return<Desk, WorkError | WorkplaceFailed, Scope.Scope> {
    const { branch, number, repository } = bench.ground
    const workspace = yield* workspaces.open({
      repository,
      number,
      session: session.id,
      predecessor: session.predecessor,
      start: branch.start
    })
    const { tree } = workspace.site
    const setup = yield* setUp(bench.plan, workspace)
    const tools = yield* host.open(surroundingsOf(tree))
    return {
      briefing: yield* briefingOf(bench, workspace, setup),
      call: call(bench, workspace, tools),
      save: makeSaving(told(Effect.as(workspace.save, null), (why): string | null => why)),
      finish: told(finish(bench, workspace), failed)
    }
  }, Effect.mapError(asFailed))
})

/** Ends the work of a session, where it passes. */
const makeFinishing = Effect.gen(function* () {
  const clones = yield* ControlClones
  const { examine } = yield* makeExamination

  /** The workspace gets what the examination made of the work and what others did; a clash is the session's to solve, once. */
  const teach = Effect.fnUntraced(function* (ground: Ground, workspace: Workspace, examined: Examined) {
    const site = yield* workspace.now
    if (examined._tag === "Failed") {
      const { footing, tree } = examined
      if (footing.base === site.base && footing.joined === site.joined) return false
      yield* workspace.teach({ tree, ...footing, isClash: false })
      return true
    }
    if (examined._tag !== "Clashed") return false
    const { files, footing, tree } = examined.clash
    if ((yield* clones.commit(site.repositoryId, clashedNameOf(site))) !== null) {
      return yield* new WorkplaceFailed({ why: clashedAgain(ground, files), kind: "person" })
    }
    yield* workspace.teach({ tree, ...footing, isClash: true })
    return true
  })

  return Effect.fnUntraced(function* ({ ground, plan }: Bench, workspace: Workspace) {
    const snapshot = yield* workspace.save
    if (snapshot === null) return ok("finished; nothing was changed")
    const site = yield* workspace.now
    const examined = yield* examine(ground, plan, site, {
      base: site.base,
      joined: site.joined,
      saved: snapshot.commit
    })
    if (examined._tag === "Overtaken") return yield* new WorkplaceFailed({ why: examined.why, kind: "person" })
    const isTaught = yield* teach(ground, workspace, examined)
    return { text: examinedText(ground, examined, isTaught), isError: examined._tag !== "Passed" }
  })
})

/** Answers the tool calls of a session: the checks run here, all else at its tool host. */
const makeCalls = Effect.gen(function* () {
  const checks = yield* makeCheckRun

  const runChecks = Effect.fnUntraced(function* ({ plan }: Bench, workspace: Workspace) {
    const snapshot = yield* workspace.save
    if (snapshot === null) return ok("Nothing was changed yet.")
    return ok(checkReport(yield* checks.run(workspace.site.repositoryId, snapshot.commit, plan)))
  })

  return (bench: Bench, workspace: Workspace, tools: Tools) =>
    Effect.fn("Desk.call")((use: ToolUse, limit: number): Effect.Effect<ToolResult, WorkplaceFailed> => {
      if (use.name === RUN_CHECKS) return told(runChecks(bench, workspace), failed)
      const bytes = Math.min(MOST_BYTES, Math.floor(limit * CONTEXT_SHARE) * BYTES_PER_TOKEN)
      return Effect.mapError(tools.call(use.name, use.input, { time: CALL_TIME, bytes }), asFailed)
    })
})
