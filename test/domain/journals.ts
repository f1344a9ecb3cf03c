import { Arbitrary, Schema } from "effect"
import type { JournalEntry } from "../../src/domain/JournalEntry.ts"
import { nextStep } from "../../src/domain/NextStep.ts"
import type { NextStep } from "../../src/domain/NextStep.ts"
import type { Reply } from "../../src/domain/Reply.ts"
import { advance, empty } from "../../src/domain/Transcript.ts"
import { compactionBlock, reply, text, toolUse, usage } from "../harness/Models.ts"

export const asked = (words: string | null, hash = "hash"): JournalEntry => ({ _tag: "Asked", text: words, hash })

export const replied = (content: Parameters<typeof reply>[0], fields: Partial<Reply> = {}): JournalEntry => ({
  _tag: "Replied",
  reply: reply(content, fields),
  elapsed: 1_000
})

export const started = (id: string): JournalEntry => ({ _tag: "ToolStarted", id })

export const ended = (id: string, result = "ok", isError = false): JournalEntry => ({
  _tag: "ToolEnded",
  id,
  result,
  isError
})

export const compacted = (summary: string): JournalEntry => ({
  _tag: "Compacted",
  block: compactionBlock(summary),
  usage: usage(0, 0)
})

export const compactionFailed: JournalEntry = { _tag: "CompactionFailed", reason: "overloaded" }

/** What Claude and the world do where a session has to wait for them. */
const Move = Schema.Struct({
  calls: Schema.Array(Schema.Literals(["read_comments", "progress", "nonsense"])).check(Schema.isMaxLength(3)),
  words: Schema.Literals(["", "I look into it.", "Here is what I found."]),
  stopReason: Schema.Literals(["end_turn", "max_tokens", "pause_turn", "stop_sequence"]),
  compaction: Schema.Literals(["none", "none", "none", "done", "failed"]),
  crash: Schema.Boolean,
  isError: Schema.Boolean
})
type Move = typeof Move.Type

const replyOf = ({ calls, words, stopReason }: Move, turn: number): Reply =>
  reply(
    [
      ...(words === "" ? [] : [text(words)]),
      ...calls.map((name, index) => toolUse(name, {}, `toolu_${turn}_${index}`))
    ],
    calls.length > 0 && stopReason === "end_turn" ? {} : { stopReason }
  )

const entriesAfter = (step: NextStep, move: Move, turn: number): ReadonlyArray<JournalEntry> => {
  switch (step._tag) {
    case "Begin":
      return [asked("The issue.")]
    case "Ask":
      return [asked(step.text)]
    case "Send":
      if (move.compaction === "failed") return [compactionFailed]
      return move.compaction === "done"
        ? [compacted("A summary.")]
        : [{ _tag: "Replied", reply: replyOf(move, turn), elapsed: 1 }]
    case "RunTool":
      return move.crash
        ? [started(step.call.use.id)]
        : [started(step.call.use.id), ended(step.call.use.id, "result", move.isError)]
    case "RefuseTool":
      return [ended(step.call.use.id, step.why, true)]
    case "Rotate":
    case "Park":
    case "Answer":
      return []
  }
}

const journalOf = (moves: ReadonlyArray<Move>): ReadonlyArray<JournalEntry> =>
  moves.reduce(
    ({ entries, transcript }, move) => {
      const added = entriesAfter(nextStep(transcript), move, transcript.turns)
      return { entries: [...entries, ...added], transcript: added.reduce(advance, transcript) }
    },
    { entries: new Array<JournalEntry>(), transcript: empty }
  ).entries

/** Journals as a session writes them, cut at any step: `nextStep` leads, Claude and crashes do as they like. */
export const Journal = Arbitrary.map(Arbitrary.array(Arbitrary.schema(Move), { maxLength: 40 }), journalOf)
