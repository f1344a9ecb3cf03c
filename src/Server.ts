import { NodeCrypto } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { HttpMiddleware, HttpRouter } from "effect/http"
import { ModelClient } from "./anthropic/ModelClient.ts"
import { Checks } from "./check/Checks.ts"
import { ContextMonitor } from "./context/ContextMonitor.ts"
import { LiveSessions } from "./context/LiveSessions.ts"
import { UsageLog } from "./context/UsageLog.ts"
import { UsageRetention } from "./context/UsageRetention.ts"
import { WEBHOOK_PATH } from "./domain/Delivery.ts"
import { EventRetention } from "./event/EventRetention.ts"
import { EventWorkers } from "./event/EventWorkers.ts"
import { Gaps } from "./event/Gaps.ts"
import { Inbox } from "./event/Inbox.ts"
import { Uptime } from "./event/Uptime.ts"
import { Git } from "./git/Git.ts"
import { BotIdentity } from "./gitea/BotIdentity.ts"
import { Gitea } from "./gitea/Gitea.ts"
import { neededFor, NeededScopes } from "./gitea/TokenScopes.ts"
import { Fallback } from "./http/Fallback.ts"
import { Listener } from "./http/Listener.ts"
import { MalformedEscapes } from "./http/MalformedEscapes.ts"
import { IssueReader } from "./issue/IssueReader.ts"
import { OPEN_METHODS, OpenRoutes } from "./operator/OpenRoutes.ts"
import { OperatorRoutes } from "./operator/OperatorRoutes.ts"
import { OperatorToken } from "./operator/OperatorToken.ts"
import { Readiness } from "./operator/Readiness.ts"
import { Outbox } from "./outbox/Outbox.ts"
import { OutboxRetention } from "./outbox/OutboxRetention.ts"
import { Preflight } from "./pull/Preflight.ts"
import { Submission } from "./pull/Submission.ts"
import { Reporter } from "./report/Reporter.ts"
import { JournalRetention } from "./session/JournalRetention.ts"
import { SessionRunner } from "./session/SessionRunner.ts"
import { Toolbox } from "./session/Toolbox.ts"
import { retentionJob } from "./storage/Retention.ts"
import * as Store from "./storage/Store.ts"
import { AssignedTexts } from "./task/AssignedTexts.ts"
import { IssueObserver } from "./task/IssueObserver.ts"
import { ReadyTasks } from "./task/ReadyTasks.ts"
import { Tasks } from "./task/Tasks.ts"
import { SetupFaults } from "./telemetry/SetupFaults.ts"
import { Isolation } from "./tool/Isolation.ts"
import { ToolHost } from "./tool/ToolHost.ts"
import { WebhookRoutes } from "./webhook/WebhookRoutes.ts"
import { TaskWorker } from "./work/TaskWorker.ts"
import { WaitingComments } from "./work/WaitingComments.ts"
import { WorkGate } from "./work/WorkGate.ts"
import { Workplaces } from "./work/Workplaces.ts"
import { ControlClones } from "./workspace/ControlClones.ts"
import { Snapshots } from "./workspace/Snapshots.ts"
import { Workspaces } from "./workspace/Workspaces.ts"

const NotFound = Fallback({ [WEBHOOK_PATH]: ["POST"], ...OPEN_METHODS })

/** Bytes in. */
const Http = HttpRouter.serve(Layer.mergeAll(WebhookRoutes, OpenRoutes, OperatorRoutes, MalformedEscapes, NotFound), {
  disableLogger: true
}).pipe(
  Layer.provide(HttpMiddleware.layerTracerDisabledForUrls(Object.keys(OPEN_METHODS))),
  Layer.provideMerge(Listener)
)

/** The daily job of all owners. */
export const RetentionJob = retentionJob(
  Effect.flatMap(Uptime, ({ downtimes }) => downtimes),
  [EventRetention, OutboxRetention, UsageRetention, JournalRetention]
)

/** Everything that works in the background, in the order of the data. */
const Stages = Layer.mergeAll(EventWorkers, TaskWorker, WaitingComments, ContextMonitor, Reporter, RetentionJob).pipe(
  Layer.provide(Uptime.layer)
)

/** Where tools are on, work ends in a push. */
const NeededByTools = Layer.effect(
  NeededScopes,
  Effect.map(Isolation, ({ verdict }) => neededFor({ tools: verdict.kind === "on" }))
)

/** What the service stands on, and what a test may replace one by one. */
export const foundations = {
  store: Store.layer,
  gitea: Gitea.layer,
  model: ModelClient.layer,
  tools: ToolHost.layer,
  toolbox: Toolbox.layer
}

/**
 * The whole service over its foundations, from the last line up. What several folders share is provided here, below `Http`: a layer
 * provided inside it is an instance of its own. The listener is built last and so closed first when it stops: nothing is accepted
 * that nobody would work on.
 */
export const assemble = (on: typeof foundations) =>
  Readiness.stopping.pipe(
    Layer.provideMerge(Http),
    Layer.provideMerge(Stages),
    Layer.provideMerge(Readiness.layer),
    Layer.provideMerge(Workplaces.layer),
    Layer.provideMerge(Layer.mergeAll(WorkGate.layer, SessionRunner.layer, Checks.layer)),
    Layer.provideMerge(Layer.mergeAll(Preflight.layer, Submission.layer, Workspaces.layer)),
    Layer.provideMerge(Snapshots.layer),
    Layer.provideMerge(ControlClones.layer),
    Layer.provideMerge(Layer.mergeAll(on.toolbox, LiveSessions.layer, UsageLog.layer, IssueObserver.layer)),
    Layer.provideMerge(Layer.mergeAll(Inbox.layer, Gaps.layer, IssueReader.layer, OperatorToken.layer)),
    Layer.provideMerge(Layer.mergeAll(Tasks.layer, ReadyTasks.layer, AssignedTexts.layer)),
    Layer.provideMerge(Layer.mergeAll(Outbox.layer, BotIdentity.layer)),
    Layer.provideMerge(Layer.mergeAll(on.model, on.gitea, Git.layer)),
    Layer.provideMerge(NeededByTools),
    // Side by side: the isolation is tried out while the store opens.
    Layer.provideMerge(Layer.mergeAll(on.tools, on.store)),
    Layer.provideMerge(Layer.mergeAll(NodeCrypto.layer, SetupFaults.layer))
  )

export const Server = assemble(foundations)
