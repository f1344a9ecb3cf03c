import type { JournalEntry } from "./JournalEntry.ts"
import { NOT_TAKEN } from "./News.ts"
import { readOn } from "./Reading.ts"
import type { Reading } from "./Reading.ts"
import { textOf, toolUses } from "./Reply.ts"
import type { Block, ToolUse } from "./Reply.ts"

export interface Message {
  readonly role: "user" | "assistant"
  readonly content: ReadonlyArray<Block>
}

/** A tool call of the newest reply. `cut`: the reply may have ended inside this call, so its input cannot be trusted. */
export interface ToolCall {
  readonly use: ToolUse
  readonly cut: boolean
  readonly started: boolean
  readonly result: { readonly text: string; readonly isError: boolean } | null
}

/** A conversation as its journal tells it: what has been sent, and where it stands. */
export interface Transcript {
  readonly messages: ReadonlyArray<Message>
  /** Of messages before this one the API does not accept the thinking. */
  readonly thinkingFrom: number
  readonly last: "nothing" | "asked" | "replied" | "compacted" | "compactionFailed"
  readonly stopReason: string | null
  readonly calls: ReadonlyArray<ToolCall>
  /** The text of the newest reply. */
  readonly text: string
  /** Hash of the newest request, as it was when it was first asked. */
  readonly hash: string | null
  readonly turns: number
  /** Times in a row that the model paused its turn. */
  readonly pauses: number
  /** Whether the model has been asked for an answer after it stopped without `finish`. */
  readonly nudged: boolean
  /** Times that its answer was held for news of the issue. */
  readonly held: number
  /** The readable text of the newest compaction. */
  readonly summary: string | null
  /** Replies since the last compaction that brought the context down, or null when there was none. */
  readonly repliesSinceCompaction: number | null
  /** Every tool call answered so far, oldest first. */
  readonly done: ReadonlyArray<ToolCall>
  /** What the session was shown of its issue; null where that was not noted. */
  readonly reading: Reading | null
}

export const empty: Transcript = {
  messages: [],
  thinkingFrom: 0,
  last: "nothing",
  stopReason: null,
  calls: [],
  text: "",
  hash: null,
  turns: 0,
  pauses: 0,
  nudged: false,
  held: 0,
  summary: null,
  repliesSinceCompaction: null,
  done: [],
  reading: null
}

/** What the next request adds: the results of every call first, as the API wants them, then the text. */
export const userContent = (calls: ReadonlyArray<ToolCall>, text: string | null): ReadonlyArray<Block> => [
  ...calls.map(({ use, result }) => ({
    type: "tool_result",
    tool_use_id: use.id,
    content: result?.text ?? "",
    ...(result?.isError ? { is_error: true } : {})
  })),
  ...(text === null ? [] : [{ type: "text", text }])
]

/** A reply that stopped for one of these may have stopped inside its last call. */
const CUTS: ReadonlyArray<string> = ["max_tokens", "model_context_window_exceeded", "refusal"]
/** A reply without calls that stopped for one of these is gone on with; after any other the model is asked for its answer. */
const GOES_ON: ReadonlyArray<string> = ["max_tokens", "pause_turn"]

const replied = (before: Transcript, entry: JournalEntry & { readonly _tag: "Replied" }): Transcript => {
  const { content, stopReason } = entry.reply
  const uses = toolUses(content)
  return {
    ...before,
    messages: content.length === 0 ? before.messages : [...before.messages, { role: "assistant", content }],
    last: "replied",
    stopReason,
    calls: uses.map((use, index) => ({
      use,
      cut: CUTS.includes(stopReason) && index === uses.length - 1,
      started: false,
      result: null
    })),
    text: textOf(content),
    turns: before.turns + 1,
    pauses: stopReason === "pause_turn" ? before.pauses + 1 : 0,
    repliesSinceCompaction: before.repliesSinceCompaction === null ? null : before.repliesSinceCompaction + 1
  }
}

const onCall = (before: Transcript, id: string, change: (call: ToolCall) => ToolCall): Transcript => ({
  ...before,
  calls: before.calls.map((call) => (call.use.id === id ? change(call) : call))
})

/** The results of the newest reply so far. */
export const resultsOf = ({ calls }: Transcript): ReadonlyArray<string> =>
  calls.flatMap(({ result }) => (result === null ? [] : [result.text]))

/** Of a result that was sent, the beginning is kept for a handover. */
const KEPT_OF_RESULT = 500

const shortened = (call: ToolCall): ToolCall =>
  call.result === null || call.result.text.length <= KEPT_OF_RESULT
    ? call
    : { ...call, result: { ...call.result, text: call.result.text.slice(0, KEPT_OF_RESULT).toWellFormed() } }

const stoppedWithoutCall = ({ last, calls, stopReason }: Transcript): boolean =>
  last === "replied" && calls.length === 0 && stopReason !== null && !GOES_ON.includes(stopReason)

/** The conversation after one more entry. */
export const advance = (before: Transcript, entry: JournalEntry): Transcript => {
  switch (entry._tag) {
    case "Asked": {
      const content = userContent(before.calls, entry.text)
      return {
        ...before,
        messages: content.length === 0 ? before.messages : [...before.messages, { role: "user", content }],
        last: "asked",
        hash: entry.hash,
        nudged: before.nudged || stoppedWithoutCall(before),
        held: before.held + (entry.text?.startsWith(NOT_TAKEN) ? 1 : 0),
        calls: [],
        done: [...before.done, ...before.calls.map(shortened)],
        reading: entry.read === undefined ? before.reading : readOn(before.reading, entry.read)
      }
    }
    case "Replied":
      return replied(before, entry)
    case "ToolStarted":
      return onCall(before, entry.id, (call) => ({ ...call, started: true }))
    case "ToolEnded":
      return onCall(before, entry.id, (call) => ({
        ...call,
        result: { text: entry.result, isError: entry.isError }
      }))
    case "Compacted":
      return {
        ...before,
        messages: [{ role: "assistant", content: [entry.block] }],
        thinkingFrom: 0,
        last: "compacted",
        calls: [],
        summary: typeof entry.block["content"] === "string" ? entry.block["content"] : before.summary,
        repliesSinceCompaction: 0
      }
    case "CompactionFailed":
      return { ...before, last: "compactionFailed" }
    case "ThinkingRefused":
      return { ...before, thinkingFrom: before.messages.length }
  }
}

export const replay = (entries: ReadonlyArray<JournalEntry>): Transcript => entries.reduce(advance, empty)
