import { Effect, Schema } from "effect"
import type { HttpServerResponse as Response } from "effect/http"
import { HttpServerResponse } from "effect/http"

/** An answer that is not what was asked for. Gitea leaves the message of a 500 empty in production. */
export class Refusal extends Schema.TaggedError<Refusal>()("Refusal", {
  status: Schema.Int,
  message: Schema.String,
  /** Where the resource is now, with a 301 or 307. */
  location: Schema.optionalKey(Schema.String)
}) {}

export const notFound = new Refusal({ status: 404, message: "The target couldn't be found." })

export const internalError = new Refusal({ status: 500, message: "" })

/** The body every Gitea error has. */
export const refusalResponse = (url: string, { location, message, status }: Refusal): Response.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(
    { message, url: `${url}/api/swagger` },
    { status, headers: location === undefined ? {} : { location } }
  )

/** Turns refusals into answers. */
export const answering =
  (url: string) =>
  <R>(
    handler: Effect.Effect<Response.HttpServerResponse, Refusal, R>
  ): Effect.Effect<Response.HttpServerResponse, never, R> =>
    Effect.catch(handler, (refusal) => Effect.succeed(refusalResponse(url, refusal)))
