import { Effect } from "effect"
import { ContextUsage } from "../../src/domain/ContextUsage.ts"
import { SessionId } from "../../src/domain/Session.ts"
import type { LiveSession } from "../../src/context/LiveSessions.ts"
import { stored } from "./StoreBuilder.ts"
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
export const storeSessions = (all: ReadonlyArray<LiveSession>) =>
  Effect.andThen(
    stored.task({ state: "running" }),
    Effect.forEach(all, ({ session }) => stored.session({ id: session.id, limit: WINDOW }), { discard: true })
  )
