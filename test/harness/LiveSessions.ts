import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { ContextUsage } from "../../src/domain/ContextUsage.ts"
import { SessionId } from "../../src/domain/Session.ts"
import type { LiveSession } from "../../src/context/LiveSessions.ts"
import { TASK } from "./Workbench.ts"

export const WINDOW = 200_000

/** A session's context as full as this, in percent of 200,000 tokens. */
export const full = (percent: number): ContextUsage =>
  new ContextUsage({ used: Math.round(percent * 2_000), limit: WINDOW, source: "reply", at: 0 })

/** A live session that is 10 % full and needs no count; to poll it or to propose to it dies unless given. */
export const liveSession = (id: string, members: Partial<Omit<LiveSession, "session">> = {}): LiveSession => ({
  session: {
    id: SessionId.make(id),
    task: TASK,
    generation: 1,
    model: "claude",
    limit: WINDOW,
    canCompact: true,
    state: "open",
    system: "",
    tools: "[]",
    predecessor: null
  },
  usage: Effect.succeed(full(10)),
  needsCount: Effect.succeed(false),
  poll: Effect.die(`must not poll ${id}`),
  canCompact: Effect.succeed(true),
  propose: (action) => Effect.die(`must not ${action} ${id}`),
  ...members
})

/** Stores what a sample of these sessions refers to. */
export const storeSessions = Effect.fnUntraced(function* (all: ReadonlyArray<LiveSession>) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`insert into tasks (id, repository_id, number, full_name, title, state, priority, cause, ready_at, created_at, updated_at)
    values (${TASK}, 21, 57, 'inkwell/letterpress', '', 'running', 2, '', 0, 0, 0)`
  yield* Effect.forEach(
    all,
    ({ session }) =>
      sql`insert into sessions (id, task_id, generation, model, "limit", can_compact, state, system, tools, created_at)
      values (${session.id}, ${TASK}, 1, 'claude', ${WINDOW}, 1, 'open', '', '[]', 0)`
  )
})
