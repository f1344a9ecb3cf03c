import { Schema } from "effect"
import { Reading } from "./Reading.ts"
import { Block, Reply, ReplyUsage } from "./Reply.ts"

/**
 * The journal of a session is the truth about it. Every entry is stored before the step it makes possible, and nothing twice:
 * `Asked` holds only the text a request adds (the results it carries are in `ToolEnded`), the hash of the whole request, and
 * which versions of the texts the session knows with it (`read`).
 */
export const JournalEntry = Schema.TaggedUnion({
  Asked: { text: Schema.NullOr(Schema.String), hash: Schema.String, read: Reading.pipe(Schema.optionalKey) },
  Replied: { reply: Reply, elapsed: Schema.Int },
  ToolStarted: { id: Schema.String },
  ToolEnded: { id: Schema.String, result: Schema.String, isError: Schema.Boolean },
  Compacted: { block: Block, usage: ReplyUsage },
  /** A compaction that brought nothing; the session rotates instead of asking again unchanged. */
  CompactionFailed: { reason: Schema.String },
  /** The API no longer accepts the thinking of earlier turns: from now on it is left out of what is sent. */
  ThinkingRefused: {}
})
export type JournalEntry = typeof JournalEntry.Type
