import { Duration, Effect, Stream } from "effect"
import type { Scope } from "effect"
import type { HttpServerRequest } from "effect/http"
import { tooLarge, tooSlow, unauthorized, unavailable } from "./Refusal.ts"
import type { Refusal } from "./Refusal.ts"
import { MAX_BODY_BYTES } from "./RequestHead.ts"

/** As long as Gitea waits for the whole exchange. */
const PATIENCE = Duration.seconds(5)

/** Bytes of all bodies together. What came is what counts, so a crowd that holds its bodies back keeps nobody out. */
const MAX_HELD_BYTES = 256 * MAX_BODY_BYTES
/** Seconds a sender is asked to wait. */
const RETRY_WHEN_FULL = 1

const full = unavailable("Too many requests are being handled", RETRY_WHEN_FULL)

/**
 * Reads the raw bytes of a body, at most 1 MiB within 5 seconds, and counts them until the request is over. Read as a stream, because
 * `arrayBuffer` destroys the connection, and with it the answer, when it is interrupted.
 */
export const makeBodyReader = Effect.sync(() => {
  let held = 0

  return Effect.fnUntraced(function* (
    request: HttpServerRequest.HttpServerRequest
  ): Effect.fn.Return<Uint8Array, Refusal, Scope.Scope> {
    let size = 0
    // Grows in place: copied for every chunk, a body in small pieces would take quadratic time.
    const chunks: Array<Uint8Array> = []

    const keep = (chunk: Uint8Array): Effect.Effect<void, Refusal> => {
      if (size + chunk.length > MAX_BODY_BYTES) return Effect.fail(tooLarge)
      if (held + chunk.length > MAX_HELD_BYTES) return Effect.fail(full)
      held += chunk.length
      size += chunk.length
      chunks.push(chunk)
      return Effect.void
    }

    yield* Effect.addFinalizer(() => Effect.sync(() => (held -= size)))
    yield* request.stream.pipe(
      Stream.runForEachArray(Effect.forEach(keep, { discard: true })),
      Effect.catchTag("HttpServerError", () => Effect.fail(unauthorized("The body ended before it was whole"))),
      Effect.timeoutOrElse({ duration: PATIENCE, orElse: () => Effect.fail(tooSlow) })
    )
    return Buffer.concat(chunks, size)
  })
})
