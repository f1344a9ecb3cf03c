import { Clock, Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { JournalEntry } from "../domain/JournalEntry.ts"
import { billedTokens } from "../domain/Reply.ts"
import { Session } from "../domain/Session.ts"
import type { SessionId, SessionState } from "../domain/Session.ts"
import type { Task } from "../domain/Task.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { Claim, LeaseLost } from "../task/Lease.ts"
import { Tasks } from "../task/Tasks.ts"

type WriteError = LeaseLost | StoreUnavailable

const Entry = Schema.fromJsonString(JournalEntry)
const encode = Schema.encodeEffect(Entry)
const Row = Schema.Struct({ ...Session.fields, canCompact: Schema.BooleanFromBit })

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
        yield* sql`insert into sessions (id, task_id, generation, model, "limit", can_compact, state, system, tools,
            predecessor, created_at)
          values (${session.id}, ${session.task}, ${session.generation}, ${session.model}, ${session.limit},
            ${session.canCompact ? 1 : 0}, ${session.state}, ${session.system}, ${session.tools}, ${session.predecessor}, ${now})`
      })

      const account = Effect.fnUntraced(function* (task: Task, session: SessionId, entry: JournalEntry) {
        yield* sql`update tasks set attempts = 0 where id = ${task.id}`
        if (entry._tag === "Compacted") {
          yield* sql`update tasks set tokens = tokens + ${billedTokens(entry.usage)} where id = ${task.id}`
        }
        if (entry._tag !== "Replied") return
        const { reply, elapsed } = entry
        yield* sql`update tasks set turns = turns + 1, tokens = tokens + ${billedTokens(reply.usage)},
          elapsed = elapsed + ${elapsed} where id = ${task.id}`
        if (reply.stopReason === "model_context_window_exceeded") return
        yield* sql`update sessions set finished_turns = finished_turns + 1 where id = ${session}`
      })

      const append = Effect.fn("Journal.append")(function* (
        claim: Claim,
        session: SessionId,
        seq: number,
        entry: JournalEntry
      ) {
        const at = yield* Clock.currentTimeMillis
        const text = yield* encode(entry)
        const write =
          sql`insert into journal (session_id, seq, at, entry) values (${session}, ${seq}, ${at}, ${text})`.pipe(
            Effect.andThen(account(claim.task, session, entry))
          )
        yield* tasks.fenced(claim, write)
      }, orStoreUnavailable)

      const open = Effect.fn("Journal.open")(function* (claim: Claim, session: Session) {
        const close = session.predecessor === null ? Effect.void : setState(session.predecessor, "rotated")
        yield* tasks.fenced(claim, Effect.andThen(close, insert(session)))
      }, orStoreUnavailable)

      const barren = Effect.fn("Journal.barren")(function* (task: Task) {
        const rows = yield* sql<{ finishedTurns: number }>`select finished_turns from sessions
          where task_id = ${task.id} and created_at >= (select ready_at from tasks where id = ${task.id}) order by rowid desc`
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
        barren
      }
    })
  )
}
