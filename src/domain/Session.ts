import { Schema } from "effect"
import { TaskId } from "./Task.ts"

export const SessionId = Schema.NonEmptyString.pipe(Schema.brand("SessionId"))
export type SessionId = typeof SessionId.Type

/** `open` while it can be gone on with; `rotated` has a successor; `ended` has an answer, or was given up with its task. */
export const SessionState = Schema.Literals(["open", "rotated", "ended"])
export type SessionState = typeof SessionState.Type

/** One Claude conversation. `system` and `tools` are stored as rendered and sent unchanged for as long as it lives. */
export const Session = Schema.Struct({
  id: SessionId,
  task: TaskId,
  generation: Schema.Int,
  model: Schema.String,
  /** Tokens: the model's window, or the lower budget of the settings. */
  limit: Schema.Int,
  canCompact: Schema.Boolean,
  state: SessionState,
  system: Schema.String,
  tools: Schema.String,
  predecessor: Schema.NullOr(SessionId)
})
export type Session = typeof Session.Type
