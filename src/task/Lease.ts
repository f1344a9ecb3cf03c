import { Duration, Schema } from "effect"
import { TaskId } from "../domain/Task.ts"
import type { Task } from "../domain/Task.ts"

/** How long a claim holds without being renewed, and how often it is renewed. */
export const LEASE = Duration.seconds(60)
export const RENEWAL = Duration.seconds(20)

/** A task handed out to this process. Every write of its run is made only while the row still carries `lease`. */
export interface Claim {
  readonly task: Task
  readonly lease: string
}

/** Somebody else has the task now: by a cancellation, or because this process was suspended for longer than its lease. */
export class LeaseLost extends Schema.TaggedError<LeaseLost>()("LeaseLost", { task: TaskId }) {
  override get message() {
    return `Task ${this.task} lost its lease: the run stops`
  }
}
