import { Clock, Duration, Effect, Layer } from "effect"
import { Outbox } from "../outbox/Outbox.ts"
import { waitingEntry } from "../outbox/TaskComments.ts"
import { Doorbell } from "../storage/Doorbell.ts"
import { ReadyTasks } from "../task/ReadyTasks.ts"
import { WorkGate } from "./WorkGate.ts"

/** Work that starts at once needs no word that it waits. */
const GRACE = Duration.seconds(2)
/** How often it is seen, while tasks wait, that the gate was opened or closed. */
const LOOK = Duration.seconds(5)
/** Tasks that are told of at once; those behind them are told of when these are at work. */
const MOST = 100

/** Says on the issues of tasks that wait why they do: for a slot, or because no work can begin at all. */
export const WaitingComments = Layer.effectDiscard(
  Effect.gen(function* () {
    const doorbell = yield* Doorbell
    const gate = yield* WorkGate
    const outbox = yield* Outbox
    const ready = yield* ReadyTasks
    /** What was said last, by task and round. */
    const told = new Map<string, string | null>()

    const look = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const why = yield* gate.closed
      const all = (yield* ready.first(MOST)).map((task) => ({
        ...task,
        key: `${task.id} ${task.round}`,
        due: task.since + Duration.toMillis(GRACE)
      }))
      const keys = new Set(all.map(({ key }) => key))
      told.forEach((_, key) => keys.has(key) || told.delete(key))
      for (const { due, id, key } of all) {
        if (due > now || told.get(key) === why) continue
        yield* ready.whileReady(id, outbox.put(waitingEntry(id, why)))
        told.set(key, why)
      }
      const young = all.map(({ due }) => due).filter((due) => due > now)
      return all.length === 0 ? null : Math.min(now + Duration.toMillis(LOOK), ...young)
    })

    yield* Effect.forkScoped(doorbell.follow("tasks", "Cannot tell why tasks wait", look))
  })
)
