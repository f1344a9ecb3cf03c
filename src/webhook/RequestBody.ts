import { Effect, Stream } from "effect"
import type { HttpServerRequest } from "effect/http"
import { tooLarge, tooSlow, unauthorized } from "./Refusal.ts"
import type { Refusal } from "./Refusal.ts"
import { MAX_BODY_BYTES } from "./RequestHead.ts"

/** As long as Gitea waits for the whole exchange. */
const PATIENCE = "5 seconds"

interface Read {
  readonly size: number
  readonly chunks: ReadonlyArray<Uint8Array>
}

const append = ({ chunks, size }: Read, chunk: Uint8Array): Effect.Effect<Read, Refusal> =>
  size + chunk.length > MAX_BODY_BYTES
    ? Effect.fail(tooLarge)
    : Effect.succeed({ size: size + chunk.length, chunks: [...chunks, chunk] })

const join = ({ chunks, size }: Read): Uint8Array => {
  const bytes = new Uint8Array(size)
  chunks.reduce((offset, chunk) => {
    bytes.set(chunk, offset)
    return offset + chunk.length
  }, 0)
  return bytes
}

/**
 * The raw bytes of the body, at most 1 MiB within 5 seconds. Read as a stream, because `arrayBuffer` destroys the connection, and
 * with it the answer, when it is interrupted.
 */
export const readBody = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Uint8Array, Refusal> =>
  request.stream.pipe(
    Stream.catchTag("HttpServerError", () => Stream.fail(unauthorized("The body ended before it was whole"))),
    Stream.runFoldEffect((): Read => ({ size: 0, chunks: [] }), append),
    Effect.map(join),
    Effect.timeoutOrElse({ duration: PATIENCE, orElse: () => Effect.fail(tooSlow) })
  )
