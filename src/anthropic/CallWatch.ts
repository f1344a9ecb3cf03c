import { Clock, Duration, Effect, MutableRef } from "effect"
import { FetchHttpClient } from "effect/http"

/** Until the head of the answer. */
const HEAD_LIMIT = Duration.seconds(60)
/** Between two pieces of the answer; a stream of the API is never this long without at least a ping. */
const IDLE_LIMIT = Duration.seconds(120)

/** Bytes of an answer; the longest of the API's are far below. */
const MAX_ANSWER = 32 * 1024 * 1024

const NANOS_PER_MILLI = 1_000_000n

type Silence = "timeout" | "stalled"
type End = Silence | "endless"

const LIMITS: Readonly<Record<Silence, number>> = {
  timeout: Duration.toMillis(HEAD_LIMIT),
  stalled: Duration.toMillis(IDLE_LIMIT)
}

/** Listens to one HTTP call at the level of bytes, because the SDK's own time-out ends with the head and its events hide the pings. */
export interface CallWatch {
  /** The `fetch` to give to the SDK. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /**
   * Fails when nothing was heard for too long, `timeout` before the head of the answer and `stalled` after it; or when the whole call
   * took too long, however much was heard: `endless`.
   */
  readonly end: Effect.Effect<never, End>
  /** Anthropic's id of the request, once the head of the answer is there. */
  readonly requestId: Effect.Effect<string | null>
}

interface Heard {
  /** Monotonic milliseconds: a corrected wall clock must not end a call. */
  readonly at: number
  readonly waitingFor: Silence
  readonly requestId: string | null
}

/** A watch over a call that begins now and may take so long at most. */
export const makeCallWatch = Effect.fnUntraced(function* (longest: Duration.Duration): Effect.fn.Return<CallWatch> {
  const clock = yield* Clock.Clock
  const send = yield* FetchHttpClient.Fetch
  const now = () => Number(clock.monotonicTimeNanosUnsafe() / NANOS_PER_MILLI)
  const heard = MutableRef.make<Heard>({
    at: now(),
    waitingFor: "timeout",
    requestId: null
  })

  const listen = (response: Response): Response => {
    const requestId = response.headers.get("request-id")
    const hear = () => MutableRef.set(heard, { at: now(), waitingFor: "stalled", requestId })
    hear()
    if (response.body === null) return response
    let size = 0
    const pieces = new TransformStream<Uint8Array, Uint8Array>({
      transform: (piece, controller) => {
        hear()
        size += piece.byteLength
        if (size > MAX_ANSWER) controller.error(new TypeError("The answer is longer than any of the API's"))
        else controller.enqueue(piece)
      }
    })
    return new Response(response.body.pipeThrough(pieces), response)
  }

  const silence: Effect.Effect<never, Silence> = Effect.suspend(() => {
    const { waitingFor, at } = MutableRef.get(heard)
    const left = at + LIMITS[waitingFor] - now()
    return left > 0 ? Effect.andThen(Effect.sleep(left), silence) : Effect.fail(waitingFor)
  })

  return {
    fetch: (input, init) => send(input, init).then(listen),
    end: Effect.timeoutOrElse(silence, { duration: longest, orElse: () => Effect.fail<End>("endless") }),
    requestId: Effect.sync(() => MutableRef.get(heard).requestId)
  }
})
