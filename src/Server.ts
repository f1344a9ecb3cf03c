import { NodeCrypto } from "@effect/platform-node"
import { Layer } from "effect"
import { HttpMiddleware, HttpRouter } from "effect/http"
import { ModelClient } from "./anthropic/ModelClient.ts"
import { ContextMonitor } from "./context/ContextMonitor.ts"
import { LiveSessions } from "./context/LiveSessions.ts"
import { UsageLog } from "./context/UsageLog.ts"
import { WEBHOOK_PATH } from "./domain/Delivery.ts"
import { EventWorkers } from "./event/EventWorkers.ts"
import { Gaps } from "./event/Gaps.ts"
import { Inbox } from "./event/Inbox.ts"
import { Uptime } from "./event/Uptime.ts"
import { Git } from "./git/Git.ts"
import { BotIdentity } from "./gitea/BotIdentity.ts"
import { Gitea } from "./gitea/Gitea.ts"
import { Fallback } from "./http/Fallback.ts"
import { Listener } from "./http/Listener.ts"
import { MalformedEscapes } from "./http/MalformedEscapes.ts"
import { OPEN_METHODS, OpenRoutes } from "./operator/OpenRoutes.ts"
import { OperatorRoutes } from "./operator/OperatorRoutes.ts"
import { OperatorToken } from "./operator/OperatorToken.ts"
import { Readiness } from "./operator/Readiness.ts"
import { RetentionJob } from "./operator/RetentionJob.ts"
import { Outbox } from "./outbox/Outbox.ts"
import { Reporter } from "./report/Reporter.ts"
import { Toolbox } from "./session/Toolbox.ts"
import * as Store from "./storage/Store.ts"
import { TaskServices } from "./task/TaskServices.ts"
import { SetupFaults } from "./telemetry/SetupFaults.ts"
import { ToolHost } from "./tool/ToolHost.ts"
import { WebhookRoutes } from "./webhook/WebhookRoutes.ts"
import { NeededByWork } from "./work/NeededByWork.ts"
import { TaskWorker } from "./work/TaskWorker.ts"
import { WaitingComments } from "./work/WaitingComments.ts"
import { WorkServices } from "./work/WorkServices.ts"

const NotFound = Fallback({ [WEBHOOK_PATH]: ["POST"], ...OPEN_METHODS })

/** Bytes in. */
const Http = HttpRouter.serve(Layer.mergeAll(WebhookRoutes, OpenRoutes, OperatorRoutes, MalformedEscapes, NotFound), {
  disableLogger: true
}).pipe(
  Layer.provide(HttpMiddleware.layerTracerDisabledForUrls(Object.keys(OPEN_METHODS))),
  Layer.provideMerge(Listener)
)

/** Everything that works in the background, in the order of the data. */
const Stages = Layer.mergeAll(EventWorkers, TaskWorker, WaitingComments, ContextMonitor, Reporter, RetentionJob).pipe(
  Layer.provide(Uptime.layer)
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
    Layer.provideMerge(WorkServices),
    Layer.provideMerge(Layer.mergeAll(on.toolbox, LiveSessions.layer, UsageLog.layer)),
    Layer.provideMerge(Layer.mergeAll(Inbox.layer, Gaps.layer, OperatorToken.layer)),
    Layer.provideMerge(TaskServices),
    Layer.provideMerge(Layer.mergeAll(Outbox.layer, BotIdentity.layer)),
    Layer.provideMerge(Layer.mergeAll(on.model, on.gitea, Git.layer)),
    Layer.provideMerge(NeededByWork),
    // Side by side: the isolation is tried out while the store opens.
    Layer.provideMerge(Layer.mergeAll(on.tools, on.store)),
    Layer.provideMerge(Layer.mergeAll(NodeCrypto.layer, SetupFaults.layer))
  )

export const Server = assemble(foundations)
