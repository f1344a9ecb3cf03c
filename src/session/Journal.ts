import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { JournalEntry } from "../domain/JournalEntry.ts"
import { billedTokens } from "../domain/Reply.ts"
import type { Session, SessionId } from "../domain/Session.ts"
import type { Task, TaskId } from "../domain/Task.ts"
import { advance, empty } from "../domain/Transcript.ts"
import type { Transcript } from "../domain/Transcript.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { Claim, LeaseLost } from "../task/Lease.ts"
import { Tasks } from "../task/Tasks.ts"
import type { Account } from "../task/TaskTable.ts"
import type { Settlement } from "./PaidCall.ts"
import { makeSessionTable } from "./SessionTable.ts"

type WriteError = LeaseLost | StoreUnavailable

const NOTHING: Account = { turns: 0, tokens: 0, elapsed: 0 }

export interface Replayed {
  readonly transcript: Transcript
  readonly entries: number
  readonly size: number
}

export const NOTHING_TOLD: Replayed = { transcript: empty, entries: 0, size: 0 }

/** What an entry adds to its task's account. */
const usedBy = (entry: JournalEntry): Account => {
  switch (entry._tag) {
    case "Replied":
      return { turns: 1, tokens: billedTokens(entry.reply.usage), elapsed: entry.elapsed }
    case "Compacted":
      return { ...NOTHING, tokens: billedTokens(entry.usage) }
    default:
      return NOTHING
  }
}

const settled = ({ turns, tokens, elapsed }: Account, settlement: Settlement): Account => ({
  turns,
  tokens: tokens + settlement.tokens,
  elapsed: elapsed + settlement.elapsed
})

/** What a session was, as far as it can be told without its messages: a handover needs no more. */
const outline = (transcript: Transcript, entry: JournalEntry): Transcript => ({
  ...advance(transcript, entry),
  messages: []
})

const finishesTurn = (entry: JournalEntry): boolean =>
  entry._tag === "Replied" && entry.reply.stopReason !== "model_context_window_exceeded"

/** Sessions and what happened in them. Every write is fenced by the lease of the run and committed before it returns. */
export class Journal extends Context.Service<
  Journal,
  {
    /** The sessions of a task's present generation, oldest first. */
    sessions(task: Task): Effect.Effect<ReadonlyArray<Session>, StoreUnavailable>
    /** The transcript that the journal tells, read entry by entry, with the number of entries and their characters. */
    replay(session: SessionId): Effect.Effect<Replayed, StoreUnavailable>
    /** The same without messages, whatever the journal's size. */
    outline(session: SessionId): Effect.Effect<Transcript, StoreUnavailable>
    /** Characters of the journal. */
    size(session: SessionId): Effect.Effect<number, StoreUnavailable>
    /** Opens a session, and in the same transaction ends the one before it. */
    open(claim: Claim, session: Session): Effect.Effect<void, WriteError>
    /**
     * Adds the entry at `seq`, and with it the turn, tokens and time to the task's account, settled by what was charged before. Gives
     * its characters. Progress ends the task's count of attempts.
     */
    append(
      claim: Claim,
      session: SessionId,
      seq: number,
      entry: JournalEntry,
      settlement?: Settlement
    ): Effect.Effect<number, WriteError>
    /** Ends the open session of a task. Part of the caller's transaction. */
    end(task: TaskId): Effect.Effect<void, StoreUnavailable>
    /** How many of a task's newest sessions in a row, since it last became ready, were left without a finished turn. */
    barren(task: Task): Effect.Effect<number, StoreUnavailable>
  }
>()("mosaic-coordinator/session/Journal") {
  static readonly layer = Layer.effect(
    Journal,
    Effect.gen(function* () {
      const table = makeSessionTable(yield* SqlClient.SqlClient)
      const fold = foldOf(table)
      const tasks = yield* Tasks

      const append = Effect.fn("Journal.append")(function* (
        claim: Claim,
        session: SessionId,
        seq: number,
        entry: JournalEntry,
        settlement: Settlement = NOTHING
      ) {
        const write = Effect.tap(
          table.append(session, seq, entry),
          finishesTurn(entry) ? table.finishTurn(session) : Effect.void
        )
        const step = entry._tag === "ToolStarted" ? "tool" : null
        return yield* tasks.progress(claim, settled(usedBy(entry), settlement), step, write)
      }, orStoreUnavailable)

      const replay = Effect.fn("Journal.replay")(
        (session: SessionId) =>
          fold(session, NOTHING_TOLD, ({ entries, size, transcript }, entry, added) => ({
            transcript: advance(transcript, entry),
            entries: entries + 1,
            size: size + added
          })),
        orStoreUnavailable
      )

      const open = Effect.fn("Journal.open")(function* (claim: Claim, session: Session) {
        const close = session.predecessor === null ? Effect.void : table.rotated(session.predecessor)
        const write = Effect.all([close, table.insert(session), tasks.tryAfresh(claim)], { discard: true })
        yield* tasks.fenced(claim, write)
      }, orStoreUnavailable)

      const barren = Effect.fn("Journal.barren")(function* (task: Task) {
        const turns = yield* table.finishedTurns(task)
        const fruitful = turns.findIndex((finished) => finished > 0)
        return fruitful === -1 ? turns.length : fruitful
      }, orStoreUnavailable)

      return {
        sessions: Effect.fn("Journal.sessions")(table.ofGeneration, orStoreUnavailable),
        replay,
        outline: Effect.fn("Journal.outline")(
          (session: SessionId) => fold(session, empty, outline),
          orStoreUnavailable
        ),
        size: Effect.fn("Journal.size")(table.size, orStoreUnavailable),
        open,
        append,
        end: Effect.fn("Journal.end")(table.end, orStoreUnavailable),
        barren
      }
    })
  )
}

/** Reads a journal entry by entry. Needs memory for one of them, and for what is made of it. */
const foldOf = (table: ReturnType<typeof makeSessionTable>) =>
  Effect.fnUntraced(function* <A>(
    session: SessionId,
    first: A,
    next: (before: A, entry: JournalEntry, size: number) => A
  ) {
    let result = first
    for (let seq = 0; ; seq++) {
      const row = yield* table.entry(session, seq)
      if (row === null) return result
      result = next(result, row.entry, row.size)
    }
  })
