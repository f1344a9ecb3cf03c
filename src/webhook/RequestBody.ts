import { Deferred, Duration, Effect, Stream } from "effect"
import type { Scope } from "effect"
import type { HttpServerRequest } from "effect/http"
import { tooLarge, tooSlow, unauthorized, unavailable } from "./Refusal.ts"
import type { Refusal } from "./Refusal.ts"
import { MAX_BODY_BYTES } from "./RequestHead.ts"

/** As long as Gitea waits for the whole exchange. */
const PATIENCE = Duration.seconds(5)

/** Bytes of all bodies together. What came is what counts: a length that is only declared takes no room. */
const MAX_HELD_BYTES = 64 * MAX_BODY_BYTES
/** Seconds a sender is asked to wait. */
const RETRY_WHEN_FULL = 1

const full = Effect.fail(unavailable("Too many requests are being handled", RETRY_WHEN_FULL))

interface Body {
  chunks: Array<Uint8Array>
  /** Bytes of its chunks. */
  size: number
  /** Fails once the room was needed for others. */
  readonly ended: Deferred.Deferred<never, Refusal>
}

/**
 * Reads the raw bytes of a body, at most 1 MiB within 5 seconds, and counts them until the request is over. When there is no room
 * for more, the unfinished body that began first is ended with 503: a crowd that holds its bodies back keeps nobody out, because it
 * makes way for who comes later and is done at once. Read as a stream, because `arrayBuffer` destroys the connection, and with it
 * the answer, when it is interrupted.
 */
export const makeBodyReader = Effect.sync(() => {
  let held = 0
  /** In the order of their first bytes. */
  const unfinished = new Set<Body>()

  const release = (body: Body) => {
    held -= body.size
    body.size = 0
    body.chunks = []
    unfinished.delete(body)
  }

  const keep = (body: Body, chunk: Uint8Array): Effect.Effect<void, Refusal> => {
    if (body.size + chunk.length > MAX_BODY_BYTES) return Effect.fail(tooLarge)
    unfinished.add(body)
    for (const first of unfinished) {
      if (held + chunk.length <= MAX_HELD_BYTES) break
      release(first)
      Deferred.doneUnsafe(first.ended, full)
    }
    if (Deferred.isDoneUnsafe(body.ended)) return full
    held += chunk.length
    body.size += chunk.length
    // Grows in place: copied for every chunk, a body in small pieces would take quadratic time.
    body.chunks.push(chunk)
    return Effect.void
  }

  return Effect.fnUntraced(function* (
    request: HttpServerRequest.HttpServerRequest
  ): Effect.fn.Return<Uint8Array, Refusal, Scope.Scope> {
    const body: Body = { chunks: [], size: 0, ended: Deferred.makeUnsafe() }
    yield* Effect.addFinalizer(() => Effect.sync(() => release(body)))
    const reading = request.stream.pipe(
      Stream.runForEachArray(Effect.forEach((chunk) => keep(body, chunk), { discard: true })),
      Effect.catchTag("HttpServerError", () => Effect.fail(unauthorized("The body ended before it was whole")))
    )
    const slow = Effect.andThen(Effect.sleep(PATIENCE), Effect.fail(tooSlow))
    yield* Effect.raceAllFirst([reading, slow, Deferred.await(body.ended)])
    // It may have come to its end and been ended in one turn, and then its bytes are gone.
    if (Deferred.isDoneUnsafe(body.ended)) return yield* full
    unfinished.delete(body)
    return Buffer.concat(body.chunks, body.size)
  })
})
