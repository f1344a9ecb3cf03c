import { Effect, Layer } from "effect"
import { DeliveryId } from "../../src/domain/Delivery.ts"
import { taskIdOf } from "../../src/domain/Task.ts"
import type { IssueEvent } from "../../src/domain/GiteaEvent.ts"
import { Inbox } from "../../src/event/Inbox.ts"
import type { Incoming } from "../../src/event/Incoming.ts"
import { issueEvent } from "../harness/Deliveries.ts"
import { read } from "../harness/StoreReader.ts"
import { settings } from "../harness/TestSettings.ts"
import { TestInbox } from "../harness/TestInbox.ts"

const layerWith = (overrides: Parameters<typeof settings>[0] = {}) => TestInbox.pipe(Layer.provide(settings(overrides)))

export const Live = layerWith()
export const ReceiveOnly = layerWith({ giteaToken: null })
export const TASK = taskIdOf(21, 57)
export const unassigned = issueEvent({ issue: { assignees: [] } })

export const incoming = (id: string, body: string, issue: IssueEvent | null = issueEvent()): Incoming => ({
  delivery: DeliveryId.make(id),
  bodyHash: `hash of ${body}`,
  event: "issues",
  action: "assigned",
  body,
  issue
})

export const accept = Effect.fnUntraced(function* (it: Incoming) {
  return (yield* (yield* Inbox).accept(it)).status
})

export const rows = read("deliveries", ["deliveryId", "status", "reason", "body", "receivedAt", "settledAt"])

export const statuses = Effect.map(rows, (all) => all.map(({ deliveryId, status }) => `${deliveryId} ${status}`))
