import { Result, Schema } from "effect"
import type { Headers } from "effect/http"
import { DeliveryId } from "../domain/Delivery.ts"
import { unprocessable } from "../http/Problem.ts"
import { tooLarge, unauthorized, unsupportedType } from "./WebhookProblem.ts"
import type { Problem } from "../http/Problem.ts"

/** 8 MiB. An issue with a long text and hundreds of labels or assignees comes near 1 MiB; the store keeps each body whole. */
export const MAX_BODY_BYTES = 8_388_608

const TYPE = /^application\/(json|x-www-form-urlencoded) *(?:; *charset *= *(?:"[\w-]+"|[\w-]+) *)?$/i
/** A header that was sent twice arrives joined with ", ", which none of these patterns admits. */
const SIGNATURE = /^[0-9a-f]{64}$/i
const EVENT = /^\w{1,64}$/

const decodeDeliveryId = Schema.decodeUnknownResult(DeliveryId)

const malformedSignature = (signature: string | undefined): Problem => {
  if (signature === undefined) return unauthorized("X-Gitea-Signature is missing")
  return signature === ""
    ? unauthorized("X-Gitea-Signature is empty: give the hook a secret")
    : unauthorized("X-Gitea-Signature is not 64 hexadecimal digits, sent once")
}

/** What the head of a request that may be a delivery says of its body. */
export interface Admission {
  /** Hex, of either case. */
  readonly signature: string
  /** How the JSON text that was signed lies in the body. */
  readonly encoding: "json" | "form"
}

/** Whether the head of the request gives reason to read its body. */
export const admit = (headers: Headers.Headers): Result.Result<Admission, Problem> => {
  if (Number(headers["content-length"] ?? 0) > MAX_BODY_BYTES) return Result.fail(tooLarge)
  const type = TYPE.exec(headers["content-type"] ?? "")?.[1]
  if (type === undefined) return Result.fail(unsupportedType)
  const signature = headers["x-gitea-signature"]
  return signature !== undefined && SIGNATURE.test(signature)
    ? Result.succeed({ signature, encoding: type.toLowerCase() === "json" ? "json" : "form" })
    : Result.fail(malformedSignature(signature))
}

/** What the delivery calls itself. No signature covers the headers. */
export interface DeliveryName {
  readonly event: string
  readonly delivery: DeliveryId
}

export const deliveryOf = (headers: Headers.Headers): Result.Result<DeliveryId, Problem> =>
  Result.mapError(decodeDeliveryId(headers["x-gitea-delivery"]), () =>
    unprocessable("X-Gitea-Delivery", "X-Gitea-Delivery is not one delivery id")
  )

export const nameOf = (headers: Headers.Headers): Result.Result<DeliveryName, Problem> => {
  const event = headers["x-gitea-event"] ?? ""
  if (!EVENT.test(event)) return Result.fail(unprocessable("X-Gitea-Event", "X-Gitea-Event is not one event name"))
  return Result.map(deliveryOf(headers), (delivery) => ({ event, delivery }))
}
