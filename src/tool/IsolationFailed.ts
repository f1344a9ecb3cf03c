import { Schema } from "effect"

/** Nothing can be run now: there is no isolation, or it could not be started. `why` is a sentence without a full stop. */
export class IsolationFailed extends Schema.TaggedError<IsolationFailed>()("IsolationFailed", { why: Schema.String }) {
  override get message() {
    return `The agent's tools cannot be started: ${this.why}`
  }
}
