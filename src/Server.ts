import { NodeCrypto, NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { createServer } from "node:http"
import { Anthropic } from "./anthropic/Anthropic.ts"
import { ModelClient } from "./anthropic/ModelClient.ts"
import { ModelRetry } from "./anthropic/ModelRetry.ts"
import { ContextMonitor } from "./context/ContextMonitor.ts"
import { ContextSchedule } from "./context/ContextSchedule.ts"
import { WEBHOOK_PATH } from "./domain/Delivery.ts"
import { EventRouter } from "./event/EventRouter.ts"
import { Gaps } from "./event/Gaps.ts"
import { Inbox } from "./event/Inbox.ts"
import { PayloadRouter } from "./event/PayloadRouter.ts"
import { Reconciler } from "./event/Reconciler.ts"
import { BotIdentity } from "./gitea/BotIdentity.ts"
import { Gitea } from "./gitea/Gitea.ts"
import { GiteaRetry } from "./gitea/GiteaRetry.ts"
import { Gauges } from "./operator/Gauges.ts"
import { HEALTH_METHODS, HealthRoutes } from "./operator/HealthRoutes.ts"
import { METRICS_METHODS, MetricsRoutes } from "./operator/MetricsRoutes.ts"
import { OperatorRoutes } from "./operator/OperatorRoutes.ts"
import { Readiness } from "./operator/Readiness.ts"
import { Reporter } from "./report/Reporter.ts"
import { ContextControl } from "./session/ContextControl.ts"
import { Conversations } from "./session/Conversations.ts"
import { Journal } from "./session/Journal.ts"
import { Opening } from "./session/Opening.ts"
import { Samples } from "./session/Samples.ts"
import { SessionRunner } from "./session/SessionRunner.ts"
import { Sessions } from "./session/Sessions.ts"
import { Toolbox } from "./session/Toolbox.ts"
import { Turns } from "./session/Turns.ts"
import { Settings } from "./Settings.ts"
import { Retention } from "./storage/Retention.ts"
import * as Store from "./storage/Store.ts"
import { Uptime } from "./storage/Uptime.ts"
import { Gate } from "./task/Gate.ts"
import { IssueLook } from "./task/IssueLook.ts"
import { Observer } from "./task/Observer.ts"
import { Outbox } from "./task/Outbox.ts"
import { Tasks } from "./task/Tasks.ts"
import { TaskWorker } from "./task/TaskWorker.ts"
import { watchDrops } from "./webhook/DroppedConnections.ts"
import { Fallback } from "./webhook/Fallback.ts"
import { CONNECTION_LIMITS, LISTEN_LIMITS, REQUEST_LIMITS } from "./webhook/ListenerLimits.ts"
import { WebhookRoutes } from "./webhook/WebhookRoutes.ts"
import { WebhookVerifier } from "./webhook/WebhookVerifier.ts"

const Listener = Layer.unwrap(
  Effect.gen(function* () {
    const { host, port } = yield* Settings
    const server = Object.assign(createServer(REQUEST_LIMITS), CONNECTION_LIMITS)
    yield* watchDrops(server)
    return NodeHttpServer.layer(() => server, { host, port, gracefulShutdownTimeout: "2 seconds", ...LISTEN_LIMITS })
  })
)

/** Bytes in. */
const Http = HttpRouter.serve(
  Layer.mergeAll(
    WebhookRoutes,
    HealthRoutes,
    MetricsRoutes,
    OperatorRoutes,
    Fallback({ [WEBHOOK_PATH]: ["POST"], ...HEALTH_METHODS, ...METRICS_METHODS })
  ),
  { disableLogger: true }
).pipe(Layer.provideMerge(Listener))

/** Everything that works in the background, in the order of the data. */
const Stages = Layer.mergeAll(EventRouter, PayloadRouter, Reconciler, TaskWorker, ContextMonitor, Reporter, Retention)

const SessionServices = SessionRunner.layer.pipe(
  Layer.provideMerge(Layer.mergeAll(ContextControl.layer, Conversations.layer, Opening.layer, Turns.layer)),
  Layer.provideMerge(Layer.mergeAll(Samples.layer, Sessions.layer, Journal.layer))
)

/** What the service stands on, and what a test may replace one by one. */
export const foundations = {
  store: Store.layer,
  gitea: Gitea.layer,
  giteaRetry: GiteaRetry.layer,
  model: ModelClient.layerNoDeps.pipe(Layer.provide(Anthropic.layer)),
  modelRetry: ModelRetry.layer,
  contextSchedule: ContextSchedule.layer,
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
    Layer.provideMerge(Gate.layer),
    Layer.provideMerge(SessionServices),
    Layer.provideMerge(on.toolbox),
    Layer.provideMerge(Observer.layer),
    Layer.provideMerge(Layer.mergeAll(Inbox.layer, Gaps.layer, Uptime.layer, Tasks.layer, IssueLook.layer)),
    Layer.provideMerge(Outbox.layer),
    Layer.provideMerge(BotIdentity.layer),
    Layer.provideMerge(Layer.mergeAll(on.model, on.gitea, on.store, on.contextSchedule)),
    Layer.provide([on.modelRetry, on.giteaRetry]),
    Layer.provideMerge(NodeCrypto.layer)
  )

export const Server = assemble(foundations)
