import { Effect, Layer } from "effect"
import type { Mandate } from "../../src/domain/Mandate.ts"
import { Observation } from "../../src/domain/Mandate.ts"
import { taskIdOf } from "../../src/domain/Task.ts"
import type { TaskId } from "../../src/domain/Task.ts"
import { Outbox } from "../../src/outbox/Outbox.ts"
import { Journal } from "../../src/session/Journal.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { read } from "../harness/StoreReader.ts"
import { TestStore } from "../harness/TestStore.ts"
import { SUBJECT } from "../harness/Workbench.ts"

/** Tasks, and the sessions that work them, on a store in memory. */
export const TasksOnStore = Journal.layer.pipe(
  Layer.provideMerge(Tasks.layer),
  Layer.provideMerge(Outbox.layer),
  Layer.provideMerge(TestStore)
)

export const mandate = (id: number): Mandate => ({ source: "timeline", id })
export const assignedBy = (id: number): Observation => Observation.Assigned({ mandate: mandate(id) })

export const taskOf = (number: number): TaskId => taskIdOf(SUBJECT.repositoryId, number)

/** Issue `number` was seen: by default open and assigned by timeline entry 1. */
export const observe = Effect.fnUntraced(function* (
  number: number,
  observation: Observation = assignedBy(1),
  priority = 2
) {
  return yield* (yield* Tasks).observed(taskOf(number), { ...SUBJECT, number, priority }, observation)
})

/** Claims, where there has to be something to claim. */
export const claimOne = Effect.flatMap(Tasks, ({ claim }) => claim).pipe(
  Effect.filterOrElse(
    (found) => found !== null,
    () => Effect.die("there is nothing to claim")
  )
)

/** The transitions of every task, oldest first, as `ready > running: why`. */
export const transitions = Effect.map(read("transitions", ["from", "to", "cause"]), (all) =>
  all.map(({ from, to, cause }) => `${from ?? "none"} > ${to}: ${cause}`)
)
