import { NodeCrypto } from "@effect/platform-node"
import { Layer } from "effect"
import { HttpRouter } from "effect/http"
import { Anthropic } from "./anthropic/Anthropic.ts"
import { ModelClient } from "./anthropic/ModelClient.ts"
import { ContextMonitor } from "./context/ContextMonitor.ts"
import { WEBHOOK_PATH } from "./domain/Delivery.ts"
import { DeliveryWorker } from "./event/DeliveryWorker.ts"
import { EventRetention } from "./event/EventRetention.ts"
import { Gaps } from "./event/Gaps.ts"
import { Inbox } from "./event/Inbox.ts"
import { PayloadWorker } from "./event/PayloadWorker.ts"
import { Reconciler } from "./event/Reconciler.ts"
import { BotIdentity } from "./gitea/BotIdentity.ts"
import { Gitea } from "./gitea/Gitea.ts"
import { Gauges } from "./operator/Gauges.ts"
import { HEALTH_METHODS, HealthRoutes } from "./operator/HealthRoutes.ts"
import { METRICS_METHODS, MetricsRoutes } from "./operator/MetricsRoutes.ts"
import { OperatorRoutes } from "./operator/OperatorRoutes.ts"
import { Readiness } from "./operator/Readiness.ts"
import { OutboxRetention } from "./outbox/OutboxRetention.ts"
import { Reporter } from "./report/Reporter.ts"
import { Clearance } from "./session/Clearance.ts"
import { Conversations } from "./session/Conversations.ts"
import { Journal } from "./session/Journal.ts"
import { SessionOpening } from "./session/SessionOpening.ts"
import { UsageLog } from "./context/UsageLog.ts"
import { JournalRetention } from "./session/JournalRetention.ts"
import { SessionRunner } from "./session/SessionRunner.ts"
import { UsageRetention } from "./context/UsageRetention.ts"
import { LiveSessions } from "./context/LiveSessions.ts"
import { Toolbox } from "./session/Toolbox.ts"
import { Turns } from "./session/Turns.ts"
import { retentionJob } from "./storage/Retention.ts"
import * as Store from "./storage/Store.ts"
import { Uptime } from "./event/Uptime.ts"
import { WorkGate } from "./work/WorkGate.ts"
import { IssueReader } from "./issue/IssueReader.ts"
import { IssueObserver } from "./task/IssueObserver.ts"
import { Outbox } from "./outbox/Outbox.ts"
import { Tasks } from "./task/Tasks.ts"
import { TaskWorker } from "./work/TaskWorker.ts"
import { Fallback } from "./http/Fallback.ts"
import { MalformedEscapes } from "./http/MalformedEscapes.ts"
import { Listener } from "./http/Listener.ts"
import { WebhookRoutes } from "./webhook/WebhookRoutes.ts"
import { WebhookVerifier } from "./webhook/WebhookVerifier.ts"

/** Bytes in. */
const Http = HttpRouter.serve(
  Layer.mergeAll(
    WebhookRoutes,
    HealthRoutes,
    MetricsRoutes,
    OperatorRoutes,
    MalformedEscapes,
    Fallback({ [WEBHOOK_PATH]: ["POST"], ...HEALTH_METHODS, ...METRICS_METHODS })
  ),
  { disableLogger: true }
).pipe(Layer.provideMerge(Listener))

const RetentionJob = retentionJob([EventRetention, OutboxRetention, UsageRetention, JournalRetention])

/** Everything that works in the background, in the order of the data. */
const Stages = Layer.mergeAll(
  DeliveryWorker,
  PayloadWorker,
  Reconciler,
  TaskWorker,
  ContextMonitor,
  Reporter,
  RetentionJob
)

const SessionServices = SessionRunner.layer.pipe(
  Layer.provideMerge(Layer.mergeAll(Clearance.layer, Conversations.layer, SessionOpening.layer, Turns.layer)),
  Layer.provideMerge(Layer.mergeAll(UsageLog.layer, LiveSessions.layer, Journal.layer))
)

/** What the service stands on, and what a test may replace one by one. */
export const foundations = {
  store: Store.layer,
  gitea: Gitea.layer,
  model: ModelClient.layerNoDeps.pipe(Layer.provide(Anthropic.layer)),
  toolbox: Toolbox.layer
}

/**
 * The whole service over its foundations. The listener is built last and so closed first when it stops: nothing is accepted that
 * nobody would work on.
 */
export const assemble = (on: typeof foundations) =>
  Readiness.stopping.pipe(
    Layer.provideMerge(Http),
    Layer.provideMerge(Stages),
    Layer.provideMerge(Layer.mergeAll(Readiness.layer, Gauges.layer, WebhookVerifier.layer)),
    Layer.provideMerge(WorkGate.layer),
    Layer.provideMerge(SessionServices),
    Layer.provideMerge(on.toolbox),
    Layer.provideMerge(IssueObserver.layer),
    Layer.provideMerge(Layer.mergeAll(Inbox.layer, Gaps.layer, Uptime.layer, Tasks.layer, IssueReader.layer)),
    Layer.provideMerge(Outbox.layer),
    Layer.provideMerge(BotIdentity.layer),
    Layer.provideMerge(Layer.mergeAll(on.model, on.gitea, on.store)),
    Layer.provideMerge(NodeCrypto.layer)
  )

export const Server = assemble(foundations)
