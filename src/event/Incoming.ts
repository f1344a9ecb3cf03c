import type { DeliveryId } from "../domain/Delivery.ts"
import type { CommentEvent, IssueEvent } from "../domain/GiteaEvent.ts"

/** A verified and decoded delivery, as the webhook hands it over. */
export interface Incoming {
  readonly delivery: DeliveryId
  /** SHA-256 of the signed bytes, in hex. */
  readonly bodyHash: string
  /** The signed JSON text. */
  readonly body: string
  readonly event: string
  readonly action: string | null
  /** Null when it is another kind of event, or an action that is not handled. */
  readonly issue: IssueEvent | CommentEvent | null
}
