import { Layer } from "effect"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import { ModelClient } from "../../src/anthropic/ModelClient.ts"
import { ModelRetry } from "../../src/anthropic/ModelRetry.ts"
import { ContextSchedule } from "../../src/context/ContextSchedule.ts"
import { Gaps } from "../../src/event/Gaps.ts"
import { Inbox } from "../../src/event/Inbox.ts"
import { BotIdentity } from "../../src/gitea/BotIdentity.ts"
import { Gitea } from "../../src/gitea/Gitea.ts"
import { GiteaRetry } from "../../src/gitea/GiteaRetry.ts"
import { Gauges } from "../../src/operator/Gauges.ts"
import { Readiness } from "../../src/operator/Readiness.ts"
import { Records } from "../../src/operator/Records.ts"
import { ContextControl } from "../../src/session/ContextControl.ts"
import { Conversations } from "../../src/session/Conversations.ts"
import { Journal } from "../../src/session/Journal.ts"
import { Opening } from "../../src/session/Opening.ts"
import { Samples } from "../../src/session/Samples.ts"
import { SessionRunner } from "../../src/session/SessionRunner.ts"
import { Sessions } from "../../src/session/Sessions.ts"
import { Toolbox } from "../../src/session/Toolbox.ts"
import { Turns } from "../../src/session/Turns.ts"
import { Holder } from "../../src/storage/Holder.ts"
import { Uptime } from "../../src/storage/Uptime.ts"
import { Gate } from "../../src/task/Gate.ts"
import { IssueLook } from "../../src/task/IssueLook.ts"
import { Observer } from "../../src/task/Observer.ts"
import { Outbox } from "../../src/task/Outbox.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { FailureLimit } from "../../src/webhook/FailureLimit.ts"
import { WebhookVerifier } from "../../src/webhook/WebhookVerifier.ts"

/** A stub layer for every service: the members a test gives, typed; a call of any other dies and names it. */
export const mocks = {
  Anthropic: Layer.mock(Anthropic),
  BotIdentity: Layer.mock(BotIdentity),
  ContextControl: Layer.mock(ContextControl),
  ContextSchedule: Layer.mock(ContextSchedule),
  Conversations: Layer.mock(Conversations),
  FailureLimit: Layer.mock(FailureLimit),
  Gaps: Layer.mock(Gaps),
  Gauges: Layer.mock(Gauges),
  Gate: Layer.mock(Gate),
  Gitea: Layer.mock(Gitea),
  GiteaRetry: Layer.mock(GiteaRetry),
  Holder: Layer.mock(Holder),
  Inbox: Layer.mock(Inbox),
  IssueLook: Layer.mock(IssueLook),
  Journal: Layer.mock(Journal),
  ModelClient: Layer.mock(ModelClient),
  ModelRetry: Layer.mock(ModelRetry),
  Observer: Layer.mock(Observer),
  Opening: Layer.mock(Opening),
  Outbox: Layer.mock(Outbox),
  Readiness: Layer.mock(Readiness),
  Records: Layer.mock(Records),
  Samples: Layer.mock(Samples),
  SessionRunner: Layer.mock(SessionRunner),
  Sessions: Layer.mock(Sessions),
  Tasks: Layer.mock(Tasks),
  Toolbox: Layer.mock(Toolbox),
  Turns: Layer.mock(Turns),
  Uptime: Layer.mock(Uptime),
  WebhookVerifier: Layer.mock(WebhookVerifier)
}
