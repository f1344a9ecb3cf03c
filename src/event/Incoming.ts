import type { DeliveryId } from "../domain/Delivery.ts"
import type { TaskId } from "../domain/Task.ts"

/** A verified and decoded delivery, as the webhook hands it over. */
export interface Incoming {
  readonly delivery: DeliveryId
  /** SHA-256 of the signed bytes, in hex. */
  readonly bodyHash: string
  readonly event: string
  readonly action: string | null
  /** The signed JSON text. */
  readonly body: string
  /** The issue it is about; `assigned` when the bot is among the assignees. */
  readonly subject: { readonly taskId: TaskId; readonly fullName: string; readonly assigned: boolean } | null
  /** Why it is not for us, when that is known whatever the store says. */
  readonly ignored: string | null
}
