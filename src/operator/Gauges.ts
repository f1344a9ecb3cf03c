import { Clock, Context, Effect, Layer, Metric } from "effect"
import { TaskState } from "../domain/TaskState.ts"
import * as Metrics from "../telemetry/Metrics.ts"
import { Outbox } from "../outbox/Outbox.ts"
import { TaskRecords } from "../task/TaskRecords.ts"
import { Tasks } from "../task/Tasks.ts"

/** How long a reading is good for: metrics are asked for without authentication. */
const READING = "1 second"
/** Not zero, and not what it was. */
const UNKNOWN = NaN

interface Figures {
  tasksIn(state: TaskState): number
  readonly waiting: number
  readonly queueAge: number
  readonly outboxPending: number
}

const unknown: Figures = { tasksIn: () => UNKNOWN, waiting: UNKNOWN, queueAge: UNKNOWN, outboxPending: UNKNOWN }

/** The metrics that are read from the store and not counted as things happen. */
export class Gauges extends Context.Service<
  Gauges,
  {
    /** Sets them to what the store says, as of a second ago at most; to NaN when it cannot be read. */
    readonly refresh: Effect.Effect<void>
  }
>()("mosaic-coordinator/operator/Gauges") {
  static readonly layer = Layer.effect(
    Gauges,
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const tasks = yield* TaskRecords
      const { waiting } = yield* Tasks

      const read = Effect.gen(function* () {
        const counts = yield* tasks.counts
        const readySince = yield* tasks.readySince
        const now = yield* Clock.currentTimeMillis
        const figures: Figures = {
          tasksIn: (state) => counts.get(state) ?? 0,
          waiting: (yield* waiting).size,
          queueAge: readySince === null ? 0 : Math.max(0, now - readySince) / 1000,
          outboxPending: yield* outbox.size
        }
        return figures
      }).pipe(
        Effect.tapError((error) => Effect.logDebug("Gauges cannot be read", error)),
        Effect.orElseSucceed(() => unknown)
      )

      const set = Effect.fnUntraced(function* ({ outboxPending, queueAge, tasksIn, waiting }: Figures) {
        yield* Effect.forEach(TaskState.literals, (state) => Metric.update(Metrics.tasksIn(state), tasksIn(state)))
        yield* Metric.update(Metrics.tasksWaiting, waiting)
        yield* Metric.update(Metrics.queueAge, queueAge)
        yield* Metric.update(Metrics.outboxPending, outboxPending)
      })

      return { refresh: yield* Effect.cachedWithTTL(Effect.flatMap(read, set), READING) }
    })
  ).pipe(Layer.provide(TaskRecords.layer))
}
