import { Context, DateTime, Effect, Layer } from "effect"
import { UsageRecords } from "../context/UsageRecords.ts"
import type { UsageRecord } from "../context/UsageRecords.ts"
import { redact } from "../domain/Redaction.ts"
import { numberOf } from "../domain/Task.ts"
import type { TaskId } from "../domain/Task.ts"
import { DeliveryRecords } from "../event/DeliveryRecords.ts"
import type { DeliveryRecord } from "../event/DeliveryRecords.ts"
import { Gaps } from "../event/Gaps.ts"
import type { Gap } from "../event/Gaps.ts"
import { SessionRecords } from "../session/SessionRecords.ts"
import type { SessionRecord } from "../session/SessionRecords.ts"
import { AnswerRecords } from "../outbox/AnswerRecords.ts"
import type { AnswerRecord } from "../outbox/AnswerRecords.ts"
import { secretsOf, Settings } from "../Settings.ts"
import type { Placed } from "../storage/Page.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { TaskRecords } from "../task/TaskRecords.ts"
import { Tasks } from "../task/Tasks.ts"
import type { Awaited } from "../task/Waits.ts"
import type { TaskRecord } from "../task/TaskRecords.ts"
import type { Delivery, DeliveryDetail, DeliveryPage } from "./api/Deliveries.ts"
import { MAX_PAGE } from "./api/Page.ts"
import type { PageQuery } from "./api/Page.ts"
import type { SamplePage, Session, SessionPage } from "./api/Sessions.ts"
import type { Task, TaskDetail, TaskPage } from "./api/Tasks.ts"

/** One more than are shown, which tells whether there are others. */
const windowOf = ({ cursor, limit }: PageQuery) => ({ before: cursor ?? Number.MAX_SAFE_INTEGER, count: limit + 1 })

/** The rows of a page, newest first, and where the next one begins. */
const pageOf = <Row extends Placed>(rows: ReadonlyArray<Row>, { limit }: PageQuery) => {
  const shown = rows.slice(0, limit)
  return { shown, nextCursor: rows.length > limit ? (shown.at(-1)?.position ?? null) : null }
}

const ratioOf = (used: number | null, limit: number) => (used === null ? null : used / limit)

const time = (millis: number | null) => (millis === null ? null : DateTime.makeUnsafe(millis))

const gapOf = ({ cause, downFrom, downTo, foundAt, happenedAt, state }: Gap) => ({
  cause,
  downFrom: time(downFrom),
  downTo: time(downTo),
  happenedAt: time(happenedAt),
  foundAt: DateTime.makeUnsafe(foundAt),
  state
})

const sessionOf = (row: SessionRecord, used: number | null): Session => ({
  ...row,
  used,
  ratio: ratioOf(used, row.limit)
})

const sampleOf = (sample: UsageRecord) => ({ ...sample, ratio: ratioOf(sample.used, sample.limit) })

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
  static readonly layerNoDeps = Layer.effect(
    Records,
    Effect.gen(function* () {
      const { answerOf, deliveryOf, taskOf, transitionOf } = viewsOf(secretsOf(yield* Settings))
      const deliveries = yield* DeliveryRecords
      const answers = yield* AnswerRecords
      const gaps = yield* Gaps
      const sessions = yield* SessionRecords
      const tasks = yield* TaskRecords
      const { waiting } = yield* Tasks
      const usage = yield* UsageRecords

      const withUsage = (rows: ReadonlyArray<SessionRecord>) =>
        Effect.map(usage.newest(rows.map(({ id }) => id)), (newest) =>
          rows.map((row) => sessionOf(row, newest.get(row.id) ?? null))
        )

      const taskDetail = Effect.fn("Records.task")(function* (id: string) {
        const row = yield* tasks.find(id)
        if (row === null) return null
        const transitions = yield* tasks.transitions(id, MAX_PAGE)
        return {
          ...taskOf(row, yield* waiting),
          answer: answerOf(yield* answers.newest(id)),
          transitions: transitions.map(transitionOf),
          sessions: yield* withUsage(yield* sessions.ofTask(id, MAX_PAGE)),
          gaps: (yield* gaps.ofTask(id, MAX_PAGE)).map(gapOf)
        }
      })

      return {
        deliveries: Effect.fn("Records.deliveries")(function* (query: PageQuery) {
          const { nextCursor, shown } = pageOf(yield* deliveries.page(windowOf(query)), query)
          return { deliveries: shown.map(deliveryOf), nextCursor }
        }),
        delivery: Effect.fn("Records.delivery")(function* (id: string) {
          const row = yield* deliveries.find(id)
          if (row === null) return null
          return { ...deliveryOf(row), task: row.task, bodyHash: row.bodyHash, settledAt: row.settledAt }
        }),
        tasks: Effect.fn("Records.tasks")(function* (query: PageQuery) {
          const { nextCursor, shown } = pageOf(yield* tasks.page(windowOf(query)), query)
          const waits = yield* waiting
          return { tasks: shown.map((row) => taskOf(row, waits)), nextCursor }
        }),
        task: taskDetail,
        sessions: Effect.fn("Records.sessions")(function* (query: PageQuery) {
          const { nextCursor, shown } = pageOf(yield* sessions.page(windowOf(query)), query)
          return { sessions: yield* withUsage(shown), nextCursor }
        }),
        session: Effect.fn("Records.session")(function* (id: string) {
          const row = yield* sessions.find(id)
          return row === null ? null : ((yield* withUsage([row]))[0] ?? null)
        }),
        usage: Effect.fn("Records.usage")(function* (id: string, query: PageQuery) {
          const session = yield* sessions.find(id)
          if (session === null) return null
          const { nextCursor, shown } = pageOf(yield* usage.page(session.id, windowOf(query)), query)
          return { samples: shown.map(sampleOf), nextCursor }
        })
      }
    })
  )

  static readonly layer = this.layerNoDeps.pipe(
    Layer.provide([
      AnswerRecords.layer,
      DeliveryRecords.layer,
      Gaps.layer,
      SessionRecords.layer,
      TaskRecords.layer,
      UsageRecords.layer
    ])
  )
}

/** Records as operators see them: without the secrets that strangers may have written into them. */
const viewsOf = (secrets: ReadonlyArray<string>) => {
  const clean = (text: string) => redact(secrets, text)
  const cleanOrNull = (text: string | null) => (text === null ? null : clean(text))
  return {
    deliveryOf: (row: DeliveryRecord): Delivery => ({
      ...row,
      id: clean(row.id),
      event: clean(row.event),
      action: cleanOrNull(row.action),
      repository: cleanOrNull(row.repository),
      issue: row.task === null ? null : numberOf(row.task),
      reason: cleanOrNull(row.reason)
    }),
    answerOf: (row: AnswerRecord | null) =>
      row === null ? null : { ...row, reason: cleanOrNull(row.reason), body: clean(row.body) },
    taskOf: (row: TaskRecord, waiting: ReadonlyMap<TaskId, ReadonlyArray<Awaited>>): Task => ({
      ...row,
      repository: clean(row.repository),
      title: clean(row.title),
      cause: clean(row.cause),
      waitsFor: (waiting.get(row.id) ?? []).map(({ name }) => clean(name))
    }),
    transitionOf: <Row extends { readonly cause: string }>(row: Row): Row => ({ ...row, cause: clean(row.cause) })
  }
}
