import { Clock, Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { JournalEntry } from "../domain/JournalEntry.ts"
import { billedTokens } from "../domain/Reply.ts"
import { Session } from "../domain/Session.ts"
import type { SessionId, SessionState } from "../domain/Session.ts"
import type { Task, TaskId } from "../domain/Task.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { Claim, LeaseLost } from "../task/Lease.ts"
import { Tasks } from "../task/Tasks.ts"
import type { Account } from "../task/TaskTable.ts"

type WriteError = LeaseLost | StoreUnavailable

const NOTHING: Account = { turns: 0, tokens: 0, elapsed: 0 }

const Entry = Schema.fromJsonString(JournalEntry)
const encode = Schema.encodeEffect(Entry)
const Row = Schema.Struct({ ...Session.fields, canCompact: Schema.BooleanFromBit })

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
      const sql = yield* SqlClient.SqlClient
      const tasks = yield* Tasks

      const findSessions = SqlSchema.findAll({
        Request: Schema.Struct({ id: Schema.String, generation: Schema.Int }),
        Result: Row,
        execute: ({ id, generation }) => sql`select id, task_id as task, generation, model, "limit", can_compact, state,
          system, tools, predecessor from sessions where task_id = ${id} and generation = ${generation} order by rowid`
      })

      const findEntries = SqlSchema.findAll({
        Request: Schema.String,
        Result: Schema.Struct({ entry: Entry }),
        execute: (session) => sql`select entry from journal where session_id = ${session} order by seq`
      })

      const setState = (session: SessionId, state: SessionState) =>
        Effect.flatMap(
          Clock.currentTimeMillis,
          (now) => sql`update sessions set state = ${state}, ended_at = ${now} where id = ${session} and state = 'open'`
        )

      const insert = Effect.fnUntraced(function* (session: Session) {
        const now = yield* Clock.currentTimeMillis
        yield* sql`insert into sessions ${sql.insert({
          id: session.id,
          taskId: session.task,
          generation: session.generation,
          model: session.model,
          limit: session.limit,
          canCompact: session.canCompact ? 1 : 0,
          state: session.state,
          system: session.system,
          tools: session.tools,
          predecessor: session.predecessor,
          createdAt: now
        })}`
      })

      const finishTurn = (session: SessionId) =>
        sql`update sessions set finished_turns = finished_turns + 1 where id = ${session}`

      const append = Effect.fn("Journal.append")(function* (
        claim: Claim,
        session: SessionId,
        seq: number,
        entry: JournalEntry
      ) {
        const at = yield* Clock.currentTimeMillis
        const text = yield* encode(entry)
        const write = sql`insert into journal ${sql.insert({ sessionId: session, seq, at, entry: text })}`.pipe(
          Effect.andThen(finishesTurn(entry) ? Effect.asVoid(finishTurn(session)) : Effect.void)
        )
        yield* tasks.progress(claim, usedBy(entry), write)
      }, orStoreUnavailable)

      const open = Effect.fn("Journal.open")(function* (claim: Claim, session: Session) {
        const close = session.predecessor === null ? Effect.void : setState(session.predecessor, "rotated")
        yield* tasks.fenced(claim, Effect.andThen(close, insert(session)))
      }, orStoreUnavailable)

      const end = Effect.fn("Journal.end")(function* (task: TaskId) {
        const now = yield* Clock.currentTimeMillis
        yield* sql`update sessions set state = 'ended', ended_at = ${now} where task_id = ${task} and state = 'open'`
      }, orStoreUnavailable)

      const barren = Effect.fn("Journal.barren")(function* (task: Task) {
        const rows = yield* sql<{ finishedTurns: number }>`select finished_turns from sessions
          where task_id = ${task.id} and created_at >= ${task.readyAt} order by rowid desc`
        const fruitful = rows.findIndex(({ finishedTurns }) => finishedTurns > 0)
        return fruitful === -1 ? rows.length : fruitful
      }, orStoreUnavailable)

      return {
        sessions: Effect.fn("Journal.sessions")(findSessions, orStoreUnavailable),
        entries: Effect.fn("Journal.entries")(
          (session: SessionId) => Effect.map(findEntries(session), (rows) => rows.map(({ entry }) => entry)),
          orStoreUnavailable
        ),
        open,
        append,
        end,
        barren
      }
    })
  )
}
