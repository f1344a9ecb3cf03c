import { NodeHttpServerRequest } from "@effect/platform-node"
import { Data, Effect } from "effect"
import type { HttpServerRequest } from "effect/http"

/** Says that the connection is to be cut before anything is answered. */
export class ConnectionCut extends Data.TaggedError("ConnectionCut") {}

/**
 * Cuts the connection of a request, after what was written so far has left: Node holds a response's head back for a tick, and
 * a plain `destroy` would lose it, which looks like no answer at all. Never returns: the closed connection interrupts the fiber.
 */
export const cut = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<never> =>
  Effect.andThen(
    Effect.sync(() => NodeHttpServerRequest.toIncomingMessage(request).socket.destroySoon()),
    Effect.never
  )
