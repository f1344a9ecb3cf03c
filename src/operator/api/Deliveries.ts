import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { DeliveryStatus } from "../../domain/Delivery.ts"
import { cursorOf, pageQuery } from "./Page.ts"
import { anywhere, NotFound } from "./Problems.ts"

/** A delivery without its body. `repository` and `issue` as the delivery named them. */
export const Delivery = Schema.Struct({
  id: Schema.String,
  event: Schema.String,
  action: Schema.NullOr(Schema.String),
  repository: Schema.NullOr(Schema.String),
  issue: Schema.NullOr(Schema.Int),
  status: DeliveryStatus,
  reason: Schema.NullOr(Schema.String),
  receivedAt: Schema.DateTimeUtc
})
export type Delivery = typeof Delivery.Type

export const DeliveryDetail = Schema.Struct({
  ...Delivery.fields,
  task: Schema.NullOr(Schema.String),
  /** SHA-256 of the signed bytes, in hex. */
  bodyHash: Schema.String,
  settledAt: Schema.NullOr(Schema.DateTimeUtc)
})
export type DeliveryDetail = typeof DeliveryDetail.Type

const LIST = "deliveries"

export const DeliveryPage = Schema.Struct({
  deliveries: Schema.Array(Delivery),
  nextCursor: Schema.NullOr(cursorOf(LIST))
})
export type DeliveryPage = typeof DeliveryPage.Type

export class DeliveriesGroup extends HttpApiGroup.make("deliveries")
  .add(
    HttpApiEndpoint.get("list", "/deliveries", {
      query: pageQuery(LIST),
      success: DeliveryPage,
      error: anywhere
    }).annotateMerge(OpenApi.annotations({ summary: "Deliveries, newest first" })),
    HttpApiEndpoint.get("find", "/deliveries/:id", {
      params: { id: Schema.String },
      success: DeliveryDetail,
      error: [...anywhere, NotFound]
    }).annotateMerge(
      OpenApi.annotations({
        summary: "One delivery",
        description: "Of several deliveries that were sent under the same id with different bodies, the newest."
      })
    )
  )
  .annotateMerge(OpenApi.annotations({ description: "Signed webhook requests, as they were stored" })) {}
