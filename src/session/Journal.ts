import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { JournalEntry } from "../domain/JournalEntry.ts"
import { billedTokens } from "../domain/Reply.ts"
import type { Session, SessionId } from "../domain/Session.ts"
import type { Task, TaskId } from "../domain/Task.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { Claim, LeaseLost } from "../task/Lease.ts"
import { Tasks } from "../task/Tasks.ts"
import type { Account } from "../task/TaskTable.ts"
import { makeSessionTable } from "./SessionTable.ts"

type WriteError = LeaseLost | StoreUnavailable

const NOTHING: Account = { turns: 0, tokens: 0, elapsed: 0 }

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

const finishesTurn = (entry: JournalEntry): boolean =>
  entry._tag === "Replied" && entry.reply.stopReason !== "model_context_window_exceeded"

/** Sessions and what happened in them. Every write is fenced by the lease of the run and committed before it returns. */
export class Journal extends Context.Service<
  Journal,
  {
    /** The sessions of a task's present generation, oldest first. */
    sessions(task: Task): Effect.Effect<ReadonlyArray<Session>, StoreUnavailable>
    entries(session: SessionId): Effect.Effect<ReadonlyArray<JournalEntry>, StoreUnavailable>
    /** Opens a session, and in the same transaction ends the one before it. */
    open(claim: Claim, session: Session): Effect.Effect<void, WriteError>
    /** Adds the entry at `seq`, and with it the turn, tokens and time to the task's account. Progress ends its count of attempts. */
    append(claim: Claim, session: SessionId, seq: number, entry: JournalEntry): Effect.Effect<void, WriteError>
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
      const tasks = yield* Tasks

      const append = Effect.fn("Journal.append")(function* (
        claim: Claim,
        session: SessionId,
        seq: number,
        entry: JournalEntry
      ) {
        const write = Effect.andThen(
          table.append(session, seq, entry),
          finishesTurn(entry) ? table.finishTurn(session) : Effect.void
        )
        yield* tasks.progress(claim, usedBy(entry), write)
      }, orStoreUnavailable)

      const open = Effect.fn("Journal.open")(function* (claim: Claim, session: Session) {
        const close = session.predecessor === null ? Effect.void : table.rotated(session.predecessor)
        yield* tasks.fenced(claim, Effect.andThen(close, table.insert(session)))
      }, orStoreUnavailable)

      const barren = Effect.fn("Journal.barren")(function* (task: Task) {
        const turns = yield* table.finishedTurns(task)
        const fruitful = turns.findIndex((finished) => finished > 0)
        return fruitful === -1 ? turns.length : fruitful
      }, orStoreUnavailable)

      return {
        sessions: Effect.fn("Journal.sessions")(table.ofGeneration, orStoreUnavailable),
        entries: Effect.fn("Journal.entries")(table.entries, orStoreUnavailable),
        open,
        append,
        end: Effect.fn("Journal.end")(table.end, orStoreUnavailable),
        barren
      }
    })
  )
}
