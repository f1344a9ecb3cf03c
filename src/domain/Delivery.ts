import { Schema } from "effect"

/** Where Gitea is told to send deliveries. */
export const WEBHOOK_PATH = "/webhook/gitea"

/** Gitea's `X-Gitea-Delivery`: a UUID, unsigned, new for every replay. Kept as sent, within reason. */
export const DeliveryId = Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{1,100}$/)).pipe(Schema.brand("DeliveryId"))
export type DeliveryId = typeof DeliveryId.Type

/** `accepted` until the look it asks for has happened; the others are final. */
export const DeliveryStatus = Schema.Literals(["accepted", "done", "ignored", "duplicate", "failed"])
export type DeliveryStatus = typeof DeliveryStatus.Type

/** What the sender is told. */
export const Receipt = Schema.Struct({
  status: Schema.Literals(["accepted", "duplicate", "ignored"]),
  delivery: DeliveryId,
  event: Schema.String,
  action: Schema.NullOr(Schema.String),
  task: Schema.NullOr(Schema.String),
  reason: Schema.optionalKey(Schema.String)
})
export type Receipt = typeof Receipt.Type
