import { Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { DeliveryId } from "../../src/domain/Delivery.ts"
import { taskIdOf } from "../../src/domain/Task.ts"
import type { IssueEvent } from "../../src/domain/GiteaEvent.ts"
import { Inbox } from "../../src/event/Inbox.ts"
import type { Incoming } from "../../src/event/Incoming.ts"
import { issueEvent } from "../harness/Deliveries.ts"
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

const Row = Schema.Struct({
  deliveryId: Schema.String,
  status: Schema.String,
  reason: Schema.NullOr(Schema.String),
  body: Schema.NullOr(Schema.String),
  receivedAt: Schema.Int,
  settledAt: Schema.NullOr(Schema.Int)
})

export const rows = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const found =
    yield* sql`select delivery_id, status, reason, body, received_at, settled_at from deliveries order by seq`
  return yield* Schema.decodeUnknownEffect(Schema.Array(Row))(found)
})

export const statuses = Effect.map(rows, (all) => all.map(({ deliveryId, status }) => `${deliveryId} ${status}`))

export const makeTask = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`insert into tasks (id, repository_id, number, full_name, title, state, priority, cause, ready_at, created_at, updated_at)
    values (${TASK}, 21, 57, 'inkwell/letterpress', '', 'ready', 2, '', 0, 0, 0)`
})
