import { Array, Cause, Clock, Duration, Effect, FiberMap, Layer, Metric, Schedule } from "effect"
import type { SessionId } from "../domain/Session.ts"
import * as Metrics from "../telemetry/Metrics.ts"
import { makeTrouble } from "../telemetry/Trouble.ts"
import type { Trouble, Wording } from "../telemetry/Trouble.ts"
import { UsageLog } from "./UsageLog.ts"
import { LiveSessions, tooSlow } from "./LiveSessions.ts"
import type { LiveSession } from "./LiveSessions.ts"
import { Settings } from "../Settings.ts"

/** A count that takes longer is given up; the next look tries again. */
const POLL_LIMIT = Duration.seconds(30)
/** Sessions looked at in one transaction, of which each takes a sync of the disk; then other work gets its turn. */
const CHUNK = 1_000
const FIRST_REST = Duration.seconds(10)
const WORDING: Wording = { says: "Context check failed", saysOver: "Context check works again", first: FIRST_REST }

const idsOf = ({ session }: LiveSession) => ({ session: session.id, task: session.task })

const failed = (trouble: Trouble<SessionId>, { session }: LiveSession, cause: Cause.Cause<unknown>) =>
  Effect.andThen(
    Metric.update(Metrics.contextLookFailures, 1),
    trouble.met(session.id, { error: cause, kind: String(Cause.squash(cause)) })
  )

/** Runs it, unless it still rests from its last failure. Never fails. */
const guarded = <E>(trouble: Trouble<SessionId>, live: LiveSession, run: Effect.Effect<void, E>) =>
  Effect.flatMap(Clock.monotonicTimeNanos, (now) =>
    trouble.rests(live.session.id, now)
      ? Effect.void
      : run.pipe(
          Effect.andThen(trouble.over(live.session.id)),
          Effect.catchCause((cause) => failed(trouble, live, cause)),
          Effect.annotateLogs(idsOf(live))
        )
  )

/** Looks at sessions, each of which has its own trouble with being counted and with being acted on. */
const makeLooking = Effect.gen(function* () {
  const samples = yield* UsageLog
  const polls = makeTrouble<SessionId>(WORDING)
  const actions = makeTrouble<SessionId>(WORDING)

  const poll = (live: LiveSession) =>
    Effect.timeoutOrElse(live.poll, { duration: POLL_LIMIT, orElse: () => Effect.fail(tooSlow) })

  const act = Effect.fnUntraced(function* (live: LiveSession) {
    const action = yield* samples.sample(live, "tick")
    if (action !== "continue") yield* live.propose(action)
  })

  const look = Effect.fn("ContextMonitor.look")(function* (live: LiveSession) {
    if (yield* live.needsCount) yield* guarded(polls, live, poll(live))
    yield* guarded(actions, live, act(live))
  })

  const recovered = (live: ReadonlyArray<LiveSession>) =>
    Effect.forEach(
      live.filter(({ session }) => actions.has(session.id)),
      (one) => Effect.annotateLogs(actions.over(one.session.id), idsOf(one)),
      { discard: true }
    )

  /** Many at once, which is cheap; when that fails, one by one, so that the trouble is that of one. */
  const actAll = (live: ReadonlyArray<LiveSession>) =>
    samples.sampleAll(live, "tick").pipe(
      Effect.flatMap(
        Effect.forEach((action, index) =>
          action === "continue" ? Effect.void : (live[index]?.propose(action) ?? Effect.void)
        )
      ),
      Effect.andThen(recovered(live)),
      Effect.catchCause(() => Effect.forEach(live, (one) => guarded(actions, one, act(one)), { discard: true }))
    )

  const forgetOthers = (live: ReadonlyArray<LiveSession>) =>
    [polls, actions].forEach((trouble) => trouble.keepOnly(live.map(({ session }) => session.id)))

  return { actAll, forgetOthers, look, rests: actions.rests }
})

/**
 * Looks at every live session on a schedule (ten seconds), polls the Claude API where a count can change the answer, decides, and
 * leaves the action with the session. A failing look ends nothing, and one session's trouble never delays another's.
 */
export const ContextMonitor = Layer.effectDiscard(
  Effect.gen(function* () {
    const sessions = yield* LiveSessions
    const { contextPollInterval } = yield* Settings
    const { actAll, forgetOthers, look, rests } = yield* makeLooking
    const running = yield* FiberMap.make<SessionId>()

    // What has to be counted first is waited for aside. One that still hangs is left alone, also where its session was entered anew:
    // its next look begins when it has ended.
    const tick = Effect.gen(function* () {
      const live = yield* sessions.live
      const now = yield* Clock.monotonicTimeNanos
      forgetOthers(live)
      const uncounted = yield* Effect.filter(live, (one) => one.needsCount)
      yield* Effect.forEach(
        uncounted,
        (one) => FiberMap.run(running, one.session.id, look(one), { onlyIfMissing: true }),
        { discard: true }
      )
      const aside = new Set(uncounted)
      const due = live.filter(
        (one) => !aside.has(one) && !FiberMap.hasUnsafe(running, one.session.id) && !rests(one.session.id, now)
      )
      yield* Effect.forEach(Array.chunksOf(due, CHUNK), (some) => Effect.andThen(actAll(some), Effect.yieldNow), {
        discard: true
      })
    })

    yield* tick.pipe(
      Effect.catchCause((cause) => Effect.logError("Context check failed for all sessions", cause)),
      Effect.repeat(Schedule.spaced(contextPollInterval)),
      Effect.forkScoped
    )
  })
)
