import { Schema } from "effect"
import { Sse } from "effect/encoding"
import type { OutputBlock, OutputMessage } from "./Reply.ts"

const DELTA_LENGTH = 40

/** One server-sent event; its `type` is also the event's name. */
export interface MessageEvent {
  readonly type: string
  readonly [field: string]: unknown
}

const toJson = Schema.encodeUnknownSync(Schema.fromJsonString(Schema.Unknown))

/** Whether an event carries a piece of a block. */
export const isDelta = ({ type }: MessageEvent): boolean => type === "content_block_delta"

const pieces = (text: string): ReadonlyArray<string> => text.match(new RegExp(`[^]{1,${DELTA_LENGTH}}`, "g")) ?? []

const blockEvents = (block: OutputBlock, index: number): ReadonlyArray<MessageEvent> => {
  const start = (content_block: unknown) => ({ type: "content_block_start", index, content_block })
  const delta = (delta: unknown) => ({ type: "content_block_delta", index, delta })
  const stop = { type: "content_block_stop", index }
  switch (block.type) {
    case "text":
      return [
        start({ ...block, text: "" }),
        ...pieces(block.text).map((text) => delta({ type: "text_delta", text })),
        stop
      ]
    case "tool_use":
      return [
        start({ ...block, input: {} }),
        ...pieces(toJson(block.input)).map((partial_json) => delta({ type: "input_json_delta", partial_json })),
        stop
      ]
    case "thinking":
      return [
        start({ ...block, thinking: "", signature: "" }),
        ...pieces(block.thinking).map((thinking) => delta({ type: "thinking_delta", thinking })),
        ...(block.signature === "" ? [] : [delta({ type: "signature_delta", signature: block.signature })]),
        stop
      ]
    case "compaction":
      return [start(block), stop]
  }
}

/** The stream of a message: usage known at the start, output and the stop reason at the end. */
export const messageEvents = (message: OutputMessage): ReadonlyArray<MessageEvent> => [
  {
    type: "message_start",
    message: {
      ...message,
      content: [],
      stop_reason: null,
      usage: { ...message.usage, output_tokens: Math.min(1, message.usage.output_tokens), iterations: null }
    }
  },
  { type: "ping" },
  ...message.content.flatMap(blockEvents),
  {
    type: "message_delta",
    delta: { stop_reason: message.stop_reason, stop_sequence: null },
    usage: message.usage
  },
  { type: "message_stop" }
]

/** Splits a stream in the middle: after its start and half of its deltas. */
export const halves = (
  events: ReadonlyArray<MessageEvent>
): readonly [ReadonlyArray<MessageEvent>, ReadonlyArray<MessageEvent>] => {
  const deltas = events.flatMap((event, index) => (isDelta(event) ? [index] : []))
  const middle = deltas.length === 0 ? events.findIndex(({ type }) => type === "ping") : deltas[deltas.length >> 1]
  const end = (middle ?? 0) + 1
  return [events.slice(0, end), events.slice(end)]
}

/** An event as it goes over the wire. */
export const encodeEvent = (event: MessageEvent): string =>
  Sse.encoder.write({ _tag: "Event", event: event.type, id: undefined, data: toJson(event) })
