import { Data, Schema } from "effect"
import { isOver } from "./TaskState.ts"
import type { TaskState } from "./TaskState.ts"

/**
 * What makes an issue the bot's work: the newest timeline entry that assigned the bot or reopened the issue.
 * Timeline ids grow. Without a token nobody can read the timeline, and the delivery that showed the assignment takes its place.
 */
export const Mandate = Schema.Struct({ source: Schema.Literals(["timeline", "delivery"]), id: Schema.Int })
export type Mandate = typeof Mandate.Type

/** Numbers of two sources cannot be compared: the first look through the API after a time without a token is newer. */
const isNewer = (shown: Mandate | null, served: Mandate | null): boolean => {
  if (shown === null) return false
  return served === null || shown.source !== served.source || shown.id > served.id
}

/** What a look at an issue showed. `Assigned` means open and assigned to the bot; a null mandate, that the look could not tell it. */
export type Observation = Data.TaggedEnum<{
  /** `asked`: the mandate is a comment that asks a parked task to go on. */
  Assigned: { readonly mandate: Mandate | null; readonly asked?: boolean }
  Unassigned: {}
  Closed: {}
  Gone: {}
}>
export const Observation = Data.taggedEnum<Observation>()

/** What follows for the task. */
export type Decision = Data.TaggedEnum<{
  Nothing: {}
  Create: { readonly mandate: Mandate | null }
  Keep: {}
  StoreMandate: { readonly mandate: Mandate }
  /** Ready with a new count of attempts and turns. `again`: the former work had ended, so it starts over in new sessions. */
  Restart: { readonly mandate: Mandate; readonly again: boolean; readonly cause: string }
  Cancel: { readonly report: boolean; readonly cause: string }
}>
export const Decision = Data.taggedEnum<Decision>()

const assigned = (state: TaskState, served: Mandate | null, shown: Mandate | null, asked: boolean): Decision => {
  if (shown === null || !isNewer(shown, served)) return Decision.Keep()
  switch (state) {
    case "ready":
    case "running":
      return Decision.StoreMandate({ mandate: shown })
    case "parked":
      return Decision.Restart({
        mandate: shown,
        again: false,
        cause: asked ? "asked by a comment to go on" : "assigned again after it was parked"
      })
    case "answered":
    case "completed":
    case "failed":
    case "cancelled":
      return Decision.Restart({ mandate: shown, again: true, cause: `assigned again after it was ${state}` })
  }
}

/** The mandate table of the design: one cell for every task state (or no task) and every observation. Total and pure. */
export const decide = (
  task: { readonly state: TaskState; readonly mandate: Mandate | null } | null,
  observation: Observation
): Decision => {
  if (observation._tag === "Assigned") {
    return task === null
      ? Decision.Create({ mandate: observation.mandate })
      : assigned(task.state, task.mandate, observation.mandate, observation.asked === true)
  }
  if (task === null) return Decision.Nothing()
  // Whether an answer may still be given is seen right before it is written.
  if (isOver(task.state) || task.state === "answered") return Decision.Keep()
  return Observation.$match(observation, {
    Assigned: () => Decision.Keep(),
    Unassigned: () => Decision.Cancel({ report: true, cause: "the issue is no longer assigned to the bot" }),
    Closed: () => Decision.Cancel({ report: true, cause: "the issue was closed" }),
    Gone: () => Decision.Cancel({ report: false, cause: "the issue no longer exists" })
  })
}
