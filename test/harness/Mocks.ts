import { Layer } from "effect"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import { ModelClient } from "../../src/anthropic/ModelClient.ts"
import { Gaps } from "../../src/event/Gaps.ts"
import { Inbox } from "../../src/event/Inbox.ts"
import { BotIdentity } from "../../src/gitea/BotIdentity.ts"
import { Gitea } from "../../src/gitea/Gitea.ts"
import { Gauges } from "../../src/operator/Gauges.ts"
import { Readiness } from "../../src/operator/Readiness.ts"
import { Records } from "../../src/operator/Records.ts"
import { Clearance } from "../../src/session/Clearance.ts"
import { Conversations } from "../../src/session/Conversations.ts"
import { Journal } from "../../src/session/Journal.ts"
import { SessionOpening } from "../../src/session/SessionOpening.ts"
import { UsageLog } from "../../src/context/UsageLog.ts"
import { SessionRunner } from "../../src/session/SessionRunner.ts"
import { LiveSessions } from "../../src/context/LiveSessions.ts"
import { Toolbox } from "../../src/session/Toolbox.ts"
import { Turns } from "../../src/session/Turns.ts"
import { StoreHolder } from "../../src/storage/StoreHolder.ts"
import { Uptime } from "../../src/event/Uptime.ts"
import { Workplaces } from "../../src/work/Workplaces.ts"
import { WorkGate } from "../../src/work/WorkGate.ts"
import { IssueReader } from "../../src/issue/IssueReader.ts"
import { IssueObserver } from "../../src/task/IssueObserver.ts"
import { Outbox } from "../../src/outbox/Outbox.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { Isolation } from "../../src/tool/Isolation.ts"
import { ToolHost } from "../../src/tool/ToolHost.ts"
import { FailureLimit } from "../../src/webhook/FailureLimit.ts"
import { WebhookVerifier } from "../../src/webhook/WebhookVerifier.ts"

/** A stub layer for every service: the members a test gives, typed; a call of any other dies and names it. */
export const mocks = {
  Anthropic: Layer.mock(Anthropic),
  BotIdentity: Layer.mock(BotIdentity),
  Clearance: Layer.mock(Clearance),
  Conversations: Layer.mock(Conversations),
  FailureLimit: Layer.mock(FailureLimit),
  Gaps: Layer.mock(Gaps),
  Gauges: Layer.mock(Gauges),
  WorkGate: Layer.mock(WorkGate),
  Workplaces: Layer.mock(Workplaces),
  Gitea: Layer.mock(Gitea),
  StoreHolder: Layer.mock(StoreHolder),
  Inbox: Layer.mock(Inbox),
  IssueReader: Layer.mock(IssueReader),
  Journal: Layer.mock(Journal),
  ModelClient: Layer.mock(ModelClient),
  Isolation: Layer.mock(Isolation),
  IssueObserver: Layer.mock(IssueObserver),
  SessionOpening: Layer.mock(SessionOpening),
  Outbox: Layer.mock(Outbox),
  Readiness: Layer.mock(Readiness),
  Records: Layer.mock(Records),
  UsageLog: Layer.mock(UsageLog),
  SessionRunner: Layer.mock(SessionRunner),
  LiveSessions: Layer.mock(LiveSessions),
  Tasks: Layer.mock(Tasks),
  Toolbox: Layer.mock(Toolbox),
  ToolHost: Layer.mock(ToolHost),
  Turns: Layer.mock(Turns),
  Uptime: Layer.mock(Uptime),
  WebhookVerifier: Layer.mock(WebhookVerifier)
}
