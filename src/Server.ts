import { NodeCrypto, NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { createServer } from "node:http"
import { ModelClient } from "./anthropic/ModelClient.ts"
import { ContextMonitor } from "./context/ContextMonitor.ts"
import { ContextSchedule } from "./context/ContextSchedule.ts"
import { AssignedSweep } from "./event/AssignedSweep.ts"
import { EventRouter } from "./event/EventRouter.ts"
import { Inbox } from "./event/Inbox.ts"
import { BotIdentity } from "./gitea/BotIdentity.ts"
import { Gitea } from "./gitea/Gitea.ts"
import { GiteaRetry } from "./gitea/GiteaRetry.ts"
import { HealthRoutes } from "./operator/HealthRoutes.ts"
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
import * as Store from "./storage/Store.ts"
import { Gate } from "./task/Gate.ts"
import { IssueLook } from "./task/IssueLook.ts"
import { Observer } from "./task/Observer.ts"
import { Outbox } from "./task/Outbox.ts"
import { Tasks } from "./task/Tasks.ts"
import { TaskWorker } from "./task/TaskWorker.ts"
import { WebhookRoutes } from "./webhook/WebhookRoutes.ts"
import { WebhookVerifier } from "./webhook/WebhookVerifier.ts"

const Listener = Layer.unwrap(
  Effect.map(Settings, ({ host, port }) =>
    NodeHttpServer.layer(() => createServer(), { host, port, gracefulShutdownTimeout: "2 seconds" })
  )
)

/** Bytes in. */
const Http = HttpRouter.serve(Layer.mergeAll(WebhookRoutes, HealthRoutes), { disableLogger: true }).pipe(
  Layer.provide(Listener)
)

/** Everything that works in the background, in the order of the data. */
const Stages = Layer.mergeAll(EventRouter, AssignedSweep, TaskWorker, ContextMonitor, Reporter)

const SessionServices = SessionRunner.layer.pipe(
  Layer.provide([ContextControl.layer, Conversations.layer, Opening.layer, Turns.layer]),
  Layer.provideMerge(Layer.mergeAll(Samples.layer, Sessions.layer, Journal.layer, Toolbox.layer))
)

/** The whole service. The listener is closed first when it stops, so that nothing is accepted that nobody would work on. */
export const Server = Http.pipe(
  Layer.provide(Stages),
  Layer.provide([Readiness.layer, Gate.layer, ContextSchedule.layer, WebhookVerifier.layer]),
  Layer.provide(SessionServices),
  Layer.provide(Observer.layer),
  Layer.provide([Inbox.layer, Tasks.layer, IssueLook.layer]),
  Layer.provide(Outbox.layer),
  Layer.provide([BotIdentity.layer, ModelClient.layer]),
  Layer.provide([Gitea.layer, Store.layer]),
  Layer.provide([GiteaRetry.layer, NodeCrypto.layer])
)
