import { NodeHttpServerRequest } from "@effect/platform-node"
import { Data, Duration, Effect, Exit, Option, Ref, Stream } from "effect"
import type { HttpServerRequest } from "effect/http"
import { HttpServerResponse } from "effect/http"
import type { StreamFault } from "./Fault.ts"
import { encodeEvent, halves, isDelta, messageEvents } from "./MessageEvents.ts"
import type { MessageEvent } from "./MessageEvents.ts"
import type { OutputMessage } from "./Reply.ts"
import type { Hold, Script } from "./Script.ts"
import { pause } from "./Script.ts"

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

/** How one answer goes out. */
export interface Delivery {
  readonly request: HttpServerRequest.HttpServerRequest
  readonly fault: Option.Option<StreamFault>
  readonly hold: Option.Option<Hold>
  /** Runs when the client goes away in the middle of a stream. */
  readonly onAbort: Effect.Effect<void>
}

const OVERLOADED = encodeEvent({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } })
const GARBAGE = 'event: content_block_delta\ndata: {"type":"content_block_del\n\n'

/** What follows the first half of a stream that suffers a fault. */
const spoiled = ({ kind }: StreamFault): Stream.Stream<string> => {
  switch (kind) {
    case "sseError":
      return Stream.make(OVERLOADED)
    case "sseGarbage":
      return Stream.make(GARBAGE)
    case "stall":
      return Stream.never
    case "drop":
    case "eof":
      return Stream.empty
  }
}

/** Sends a message as server-sent events; holds and faults take effect in the middle. */
export const streamAnswer = Effect.fnUntraced(function* (message: OutputMessage, delivery: Delivery, script: Script) {
  const pace = yield* Ref.get(script.pace)
  const [first, second] = halves(messageEvents(message))
  const send = (events: ReadonlyArray<MessageEvent>) => {
    const all = Stream.fromIterable(events)
    const paced = Duration.isZero(pace)
      ? all
      : Stream.tap(all, (event) => (isDelta(event) ? Effect.sleep(pace) : Effect.void))
    return Stream.map(paced, encodeEvent)
  }
  const rest = Option.match(delivery.fault, { onNone: () => send(second), onSome: spoiled })
  const dropped = Option.exists(delivery.fault, ({ kind }) => kind === "drop")
  const body = send(first).pipe(
    Stream.concat(Stream.fromEffectDrain(pause(delivery.hold))),
    Stream.concat(rest),
    Stream.onExit((exit) => (Exit.isSuccess(exit) ? Effect.void : delivery.onAbort)),
    Stream.concat(dropped ? Stream.fromEffectDrain(cut(delivery.request)) : Stream.empty),
    Stream.encodeText
  )
  return HttpServerResponse.stream(body, { contentType: "text/event-stream; charset=utf-8" })
})

/** Sends a message as JSON; a hold takes effect before it. */
export const jsonAnswer = Effect.fnUntraced(function* (body: unknown, { fault, hold }: Delivery) {
  yield* pause(hold)
  if (Option.isNone(fault)) return HttpServerResponse.jsonUnsafe(body)
  return yield* fault.value.kind === "stall" ? Effect.never : new ConnectionCut()
})
