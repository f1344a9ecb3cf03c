import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { redact } from "../domain/Redaction.ts"
import { secretsOf, Settings } from "../Settings.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { DeliveryDetail, DeliveryPage } from "./api/Deliveries.ts"
import type { PageQuery } from "./api/Page.ts"
import type { SamplePage, Session, SessionPage } from "./api/Sessions.ts"
import type { TaskDetail, TaskPage } from "./api/Tasks.ts"
import { deliveryRecords } from "./records/deliveries.ts"
import { sessionRecords } from "./records/sessions.ts"
import { taskRecords } from "./records/tasks.ts"

/**
 * What the store says happened, for operators to read. Lists are newest first, by the order in which their rows came to be, so that
 * a row which comes in between shifts no page. An unknown id is null.
 */
export class Records extends Context.Service<
  Records,
  {
    deliveries(page: PageQuery): Effect.Effect<DeliveryPage, StoreUnavailable>
    delivery(id: string): Effect.Effect<DeliveryDetail | null, StoreUnavailable>
    tasks(page: PageQuery): Effect.Effect<TaskPage, StoreUnavailable>
    task(id: string): Effect.Effect<TaskDetail | null, StoreUnavailable>
    sessions(page: PageQuery): Effect.Effect<SessionPage, StoreUnavailable>
    session(id: string): Effect.Effect<Session | null, StoreUnavailable>
    usage(session: string, page: PageQuery): Effect.Effect<SamplePage | null, StoreUnavailable>
  }
>()("mosaic-coordinator/operator/Records") {
  static readonly layer = Layer.effect(
    Records,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const secrets = secretsOf(yield* Settings)
      const clean = (text: string) => redact(secrets, text)
      const deliveries = deliveryRecords(sql, clean)
      const sessions = sessionRecords(sql)
      const tasks = taskRecords(sql, clean, sessions)

      return {
        deliveries: Effect.fn("Records.deliveries")(deliveries.list, orStoreUnavailable),
        delivery: Effect.fn("Records.delivery")(deliveries.find, orStoreUnavailable),
        tasks: Effect.fn("Records.tasks")(tasks.list, orStoreUnavailable),
        task: Effect.fn("Records.task")(tasks.find, orStoreUnavailable),
        sessions: Effect.fn("Records.sessions")(sessions.list, orStoreUnavailable),
        session: Effect.fn("Records.session")(sessions.find, orStoreUnavailable),
        usage: Effect.fn("Records.usage")(sessions.usage, orStoreUnavailable)
      }
    })
  )
}
