import { Effect } from "effect"
import type { SandboxIssue } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"
import { taskIdOfIssue } from "../harness/Flow.ts"

const OVER: ReadonlyArray<unknown> = ["completed", "parked", "failed"]

/** The task of an issue, once it is over. */
export const taskOver = Effect.fnUntraced(function* (issue: SandboxIssue) {
  const { store } = yield* CoordinatorProcess
  const rows = store.read("tasks", ["state", "cause"], { id: taskIdOfIssue(issue) })
  const [task] = yield* eventuallyInProcess("the task is over", rows, ([it]) => OVER.includes(it?.state ?? ""))
  return task
})
