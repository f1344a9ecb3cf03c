import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Latch, Layer } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { markerOf } from "../../src/domain/Comment.ts"
import { taskIdOf } from "../../src/domain/Task.ts"
import type { TaskState } from "../../src/domain/TaskState.ts"
import { Gitea } from "../../src/gitea/Gitea.ts"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import type { SandboxIssue } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { progressKey, reportKey } from "../../src/outbox/Outbox.ts"
import type { SignedDelivery } from "./Deliveries.ts"
import { eventually, eventuallyInProcess } from "./Eventually.ts"
import { Coordinator } from "./Harness.ts"

export interface TaskView {
  readonly state: TaskState
  readonly cause: string
  readonly saved: string | null
  readonly generation: number
  readonly attempts: number
  readonly mandateId: number | null
  readonly fullName: string
}

/** Gitea over the real socket, with `issue` stopped in front of `before`, and once it was read, in front of `after`. */
export const gatedGitea = () => {
  const before = Latch.makeUnsafe(true)
  const after = Latch.makeUnsafe(true)
  const gated = Effect.map(Gitea, (gitea) => ({
    ...gitea,
    issue: (...where: Parameters<typeof gitea.issue>) =>
      before.await.pipe(Effect.andThen(gitea.issue(...where)), Effect.tap(after.await))
  }))
  return { before, after, layer: Layer.effect(Gitea, gated).pipe(Layer.provide(Gitea.layer)) }
}

export const taskIdOfIssue = ({ number, repository }: SandboxIssue) => taskIdOf(repository.id, number)

/** What flow tests do and look at, for one issue each. */
export const flow = Effect.gen(function* () {
  const gitea = yield* SandboxGitea
  const claude = yield* SandboxClaude
  const coordinator = yield* Coordinator
  const { store } = coordinator

  const task = (issue: SandboxIssue): Effect.Effect<TaskView | undefined> =>
    Effect.map(
      store.read("tasks", ["state", "cause", "generation", "attempts", "mandateId", "fullName", "saved"], {
        id: taskIdOfIssue(issue)
      }),
      ([row]) => row
    )

  /** Nothing holds back a comment any longer. */
  const hurry = store.alter("outbox", { notBefore: 0 })
  const unhandled = store.count("deliveries", { status: "accepted" })
  const unsaid = store.count("outbox", { state: "pending" })

  const marked = (issue: SandboxIssue, key: string) =>
    Effect.map(gitea.comments(issue), (all) =>
      all.filter(({ body, user }) => user === gitea.bot.login && body.includes(markerOf(key)))
    )

  return {
    ...coordinator,
    gitea,
    claude,
    task,
    /** Work in a checkout starts many processes. */
    becomes: (issue: SandboxIssue, state: TaskState) =>
      eventuallyInProcess(`the task is ${state}`, task(issue), (it) => it?.state === state),
    /** Its work is done, and its answer is on its way or on the issue. */
    answers: (issue: SandboxIssue) =>
      eventuallyInProcess(
        "the task is answered",
        task(issue),
        (it) => it?.state === "answered" || it?.state === "completed"
      ),
    /** The states it came to, in order. */
    transitions: (issue: SandboxIssue) => store.column("transitions", "to", { taskId: taskIdOfIssue(issue) }),
    /** The status of every delivery about the issue itself, and not about a comment, in order of arrival. */
    statuses: (issue: SandboxIssue) =>
      store.column("deliveries", "status", { taskId: taskIdOfIssue(issue), event: "issues" }),
    hurry,
    /** How many deliveries wait to be handled. */
    unhandled,
    /** How many comments wait to be written. */
    unsaid,
    /** Every delivery is handled. */
    settled: Effect.andThen(
      gitea.drained,
      eventually("all deliveries are handled", unhandled, (count) => count === 0)
    ),
    /** Everything is said. */
    said: eventuallyInProcess("all comments are written", Effect.andThen(hurry, unsaid), (count) => count === 0),
    progress: (issue: SandboxIssue) => marked(issue, progressKey(taskIdOfIssue(issue))),
    report: (issue: SandboxIssue, generation = 1) => marked(issue, reportKey(taskIdOfIssue(issue), generation))
  }
})

/** Sends a delivery to the coordinator as it is. */
export const post = Effect.fnUntraced(
  function* ({ body, headers }: SignedDelivery) {
    const { webhook } = yield* Coordinator
    const client = yield* HttpClient.HttpClient
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body
    const request = HttpClientRequest.post(webhook).pipe(
      HttpClientRequest.bodyUint8Array(bytes, "application/json"),
      HttpClientRequest.setHeaders(headers)
    )
    const response = yield* client.execute(request)
    return { status: response.status, body: yield* response.json }
  },
  Effect.provide(NodeHttpClient.layerNodeHttp),
  Effect.orDie
)
