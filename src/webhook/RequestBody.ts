import { NodeHttpServerRequest } from "@effect/platform-node"
import { Deferred, Duration, Effect, Scope } from "effect"
import type { HttpServerRequest } from "effect/http"
import type { Readable } from "node:stream"
import { unavailable } from "../http/Problem.ts"
import { tooLarge, unauthorized } from "./WebhookProblem.ts"
import type { Problem } from "../http/Problem.ts"
import { MAX_BODY_BYTES } from "./RequestHead.ts"

/** As long as Gitea waits for the whole exchange. */
const PATIENCE = Duration.seconds(5)

/** 64 MiB: bytes of all bodies together, whose room is at most twice that. What came counts, not what is only declared. */
export const MAX_HELD_BYTES = 67_108_864
/** Seconds a sender is asked to wait. */
const RETRY_WHEN_FULL = 1

const full = unavailable("Too many requests are being handled", RETRY_WHEN_FULL)
const tooSlow = unauthorized("The body took over 5 seconds")

interface Body {
  /** What came, and room for more. */
  bytes: Uint8Array
  /** How many of them came. */
  size: number
}

const EMPTY = new Uint8Array()

/**
 * The only chunk as it is, which is the rule; of more, their bytes in room that doubles: kept apart, chunks of one byte would take
 * hundreds of times as much.
 */
const append = (body: Body, chunk: Uint8Array) => {
  const size = body.size + chunk.length
  if (body.size === 0) body.bytes = chunk
  else {
    if (size > body.bytes.length) {
      const larger = new Uint8Array(Math.max(size, 2 * body.bytes.length))
      larger.set(body.bytes.subarray(0, body.size))
      body.bytes = larger
    }
    body.bytes.set(chunk, body.size)
  }
  body.size = size
}

type Refuse = (refusal: Problem) => void

/** The body of a request on its way, asked for where its sender waits for that (`Expect: 100-continue`). */
export const incomingBody = (request: HttpServerRequest.HttpServerRequest): Readable => {
  const incoming = NodeHttpServerRequest.toIncomingMessage(request)
  const isAskedFor = request.headers["expect"] !== undefined && incoming.httpVersion !== "1.0"
  if (isAskedFor) NodeHttpServerRequest.toServerResponse(request).writeContinue()
  return incoming
}

/**
 * Reads the raw bytes of a body, at most 8 MiB within 5 seconds, and counts them until the request is over. When there is no room
 * for more, the unfinished body that began first is ended with 503: a crowd that holds its bodies back keeps nobody out, because it
 * makes way for who comes later and is done at once.
 *
 * Listens to Node's stream itself. Effect's `arrayBuffer` destroys the connection, and with it the answer, when it is interrupted;
 * its `stream` left so much of every request behind in V8's old space that a flood of refused ones made the heap grow by 60 MB
 * (18,000 of 3 kB, Node 24.21, Effect 4.1).
 */
export const makeBodyReader = Effect.sync(() => {
  let held = 0
  /**
   * In the order of their first bytes, each with what ends the reading of it: assigned to a field of the body, that made V8 move
   * every request to its old space, where it stayed until the next full collection (measured, Node 24.21).
   */
  const unfinished = new Map<Body, Refuse>()

  const release = (body: Body) => {
    held -= body.size
    body.size = 0
    body.bytes = EMPTY
    unfinished.delete(body)
  }

  const keep = (body: Body, chunk: Uint8Array, refuse: Refuse) => {
    if (body.size + chunk.length > MAX_BODY_BYTES) return refuse(tooLarge)
    unfinished.set(body, refuse)
    for (const [first, refuseFirst] of unfinished) {
      if (held + chunk.length <= MAX_HELD_BYTES) break
      release(first)
      refuseFirst(full)
      if (first === body) return
    }
    held += chunk.length
    append(body, chunk)
  }

  /** Listens from now on; what comes of it, and what ends the listening. */
  const listen = (body: Body, incoming: Readable) => {
    const whole = Deferred.makeUnsafe<Uint8Array, Problem>()
    const take = (chunk: Uint8Array) => keep(body, chunk, refuse)
    const finish = () => {
      unfinished.delete(body)
      Deferred.doneUnsafe(whole, Effect.succeed(body.bytes.subarray(0, body.size)))
    }
    const leave = () => {
      incoming.off("data", take).off("end", finish).pause()
    }
    const refuse = (refusal: Problem) => {
      leave()
      Deferred.doneUnsafe(whole, Effect.fail(refusal))
    }
    incoming.on("data", take).on("end", finish)
    return { whole, leave }
  }

  return Effect.fnUntraced(function* (incoming: Readable): Effect.fn.Return<Uint8Array, Problem, Scope.Scope> {
    const body: Body = { bytes: EMPTY, size: 0 }
    const { leave, whole } = listen(body, incoming)
    // Not by `Effect.addFinalizer`, which copies the whole context of the server for every request.
    yield* Scope.addFinalizer(
      yield* Effect.scope,
      Effect.sync(() => {
        if (!Deferred.isDoneUnsafe(whole)) leave()
        release(body)
      })
    )
    // Most bodies come with their head, and need no timer.
    yield* Effect.yieldNow
    if (Deferred.isDoneUnsafe(whole)) return yield* Deferred.await(whole)
    return yield* Effect.timeoutOrElse(Deferred.await(whole), {
      duration: PATIENCE,
      orElse: () => Effect.andThen(Effect.sync(leave), Effect.fail(tooSlow))
    })
  })
})
